package triage

import "syscall"

// Remote says what a proxy does with a shipped call when it shares no address space with the program
// (the native platform): it is another process, with threads, mappings and descriptors that the
// program must not reach. A call that is not named here is never made.
type Remote uint8

const (
	// RemoteRefuse: not made; it fails with the error that RemoteErrno gives.
	RemoteRefuse Remote = iota
	// RemoteAny: made by whichever proxy comes first.
	RemoteAny
	// RemoteMain: made by the first thread of the process, for which Linux keeps what lasts over an
	// execve (priority, personality, name).
	RemoteMain
	// RemoteEvery: made by every thread of the process, as Linux keeps what it changes for each.
	RemoteEvery
	// RemoteTrue: not made; it succeeds, as what it asks for is so already.
	RemoteTrue
	// RemoteLWK: as RemoteAny, but only for the LWK's own affairs, never for a thread of the program's.
	RemoteLWK
)

// remoteAny, remoteMain and remoteLWK list the calls that are made, by number. A call in none of them
// is refused, whatever else the table says of it.
var (
	remoteAny = [...]uint16{
		// Files, and what is done to open ones. Not vmsplice: the pages stay in the pipe.
		0, 1, 2, 3, 4, 5, 6, 8, 16, 17, 18, 19, 20, 21, 32, 33, 40, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86,
		87, 88, 89, 90, 91, 92, 93, 94, 95, 132, 133, 136, 137, 138, 161, 162, 187, 217, 221, 235, 257, 258, 259, 260, 261, 262,
		263, 264, 265, 266, 267, 268, 269, 275, 276, 277, 280, 285, 292, 295, 296, 303, 304, 306, 316, 326, 327, 328, 332, 436,
		437, 439, 451, 452, 468, 469,
		188, 189, 190, 191, 192, 193, 194, 195, 196, 197, 198, 199, 463, 464, 465, 466,
		// Descriptors of all kinds.
		22, 213, 253, 254, 255, 282, 283, 284, 286, 287, 289, 290, 291, 293, 294, 300, 301, 319, 434, 438, 447,
		7, 23, 232, 233, 270, 271, 281, 441,
		// Sockets, System V and POSIX messages.
		41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 288, 299, 307,
		29, 31, 64, 65, 66, 68, 69, 70, 71, 220, 240, 241, 242, 243, 244, 245,
		// Processes, their limits and clocks.
		36, 37, 38, 61, 62, 63, 97, 98, 99, 100, 102, 104, 107, 108, 109, 110, 111, 112, 115, 118, 120, 121, 124, 125, 129, 159,
		160, 164, 200, 203, 204, 222, 223, 224, 225, 226, 227, 229, 234, 247, 297, 302, 305, 312, 318, 424, 202,
		310, 311,
		// Administration, with the rights that the user has.
		103, 139, 153, 155, 163, 165, 166, 167, 168, 169, 170, 171, 175, 176, 179, 248, 249, 313, 320, 428, 429, 430, 431,
		432, 433, 442, 443, 444, 445, 457, 458, 459, 461, 467, 470,
	}
	remoteMain  = [...]uint16{135, 140, 141, 143, 145, 148, 157, 251, 252, 315}
	remoteTrue  = [...]uint16{149, 150, 151, 152, 325} // the enclave's memory is always there
	remoteEvery = [...]uint16{105, 106, 113, 114, 116, 117, 119, 122, 123, 126, 460}
	remoteLWK   = [...]uint16{39, 96, 127, 128, 201, 228}
)

// remoteWhy has the calls that the LWK would ship and that are refused there, each with its error.
var remoteWhy = [...]struct {
	nr    uint16
	errno syscall.Errno
	why   string
}{
	{26, enosys, "the pages are the enclave's"},
	{27, enosys, "the pages are the enclave's"},
	{30, enosys, "Linux's segment is not in the enclave's memory"},
	{67, enosys, "Linux's segment is not in the enclave's memory"},
	{101, syscall.EPERM, "it would trace, or be traced as, the proxy"},
	{142, syscall.EPERM, "the cores are not Linux's to schedule"},
	{144, syscall.EPERM, "the cores are not Linux's to schedule"},
	{314, syscall.EPERM, "the cores are not Linux's to schedule"},
	{216, enosys, "the LWK has no such mappings"},
	{206, enosys, "Linux moves data after the call has ended, when the memory may be another program's"},
	{207, enosys, "goes with io_setup"},
	{208, enosys, "goes with io_setup"},
	{209, enosys, "goes with io_setup"},
	{210, enosys, "goes with io_setup"},
	{333, enosys, "goes with io_setup"},
	{237, enosys, "the enclave's memory stays where it is"},
	{238, enosys, "the enclave's memory stays where it is"},
	{239, enosys, "the enclave's memory stays where it is"},
	{256, enosys, "the enclave's memory stays where it is"},
	{279, enosys, "the enclave's memory stays where it is"},
	{450, enosys, "the enclave's memory stays where it is"},
	{246, enosys, "its argument holds addresses that nothing describes"},
	{250, enosys, "its arguments are addresses by an operation that nothing describes"},
	{278, enosys, "the pages would stay in the pipe after they are another program's; use write"},
	{298, enosys, "it would count the proxy"},
	{321, enosys, "its argument holds addresses that nothing describes"},
	{331, syscall.EINVAL, "there are no protection keys"},
	{440, enosys, "it could name the proxy's own memory"},
	{448, enosys, "it could name the proxy's own memory"},
}

// remote and remoteErrno are the lists above by number.
var (
	remote      [Limit]Remote
	remoteErrno [Limit]syscall.Errno
)

func init() {
	for _, nr := range remoteAny {
		remote[nr] = RemoteAny
	}
	for _, nr := range remoteMain {
		remote[nr] = RemoteMain
	}
	for _, nr := range remoteEvery {
		remote[nr] = RemoteEvery
	}
	for _, nr := range remoteTrue {
		remote[nr] = RemoteTrue
	}
	for _, nr := range remoteLWK {
		remote[nr] = RemoteLWK
	}
	for _, r := range &remoteWhy {
		remoteErrno[r.nr] = r.errno
	}
}

// RemoteOf returns what a proxy of another address space does with call nr, and the error with which it
// refuses. It neither allocates nor blocks.
func RemoteOf(nr uint32) (Remote, syscall.Errno) {
	if nr >= Limit || remote[nr] == RemoteRefuse {
		e := syscall.ENOSYS
		if nr < Limit && remoteErrno[nr] != 0 {
			e = remoteErrno[nr]
		}
		return RemoteRefuse, e
	}
	return remote[nr], 0
}

// RemoteWhy says why a call that the LWK would ship is refused there; "" if it is not, or never shipped.
func RemoteWhy(nr uint32) string {
	for _, r := range &remoteWhy {
		if uint32(r.nr) == nr {
			return r.why
		}
	}
	return ""
}
