package rawcall

import (
	"syscall"
	"unsafe"
)

// image is what the child of Spawn executes, as execve(2) takes it, and why it could not. Known to the assembly.
type image struct {
	path, argv, env uintptr
	failed          int64
}

//go:noescape
func spawn(args *[11]uint64, size uintptr, image *image) int64

// Spawn makes a child process that executes a program at once: clone3(2) with flags besides CLONE_VM and CLONE_VFORK. It
// blocks until that is done. The child has the calling thread's descriptors, all that are not closed by the execve, and
// blocks every signal. The result is the child's pid or a negative errno, of either call.
func Spawn(flags uint64, path string, argv, env []string) int64 {
	const vm, vfork = 0x100, 0x4000
	p, err := syscall.BytePtrFromString(path)
	if err != nil {
		return -int64(syscall.ENOENT)
	}
	av, err := syscall.SlicePtrFromStrings(argv)
	if err != nil {
		return -int64(syscall.EINVAL)
	}
	ev, err := syscall.SlicePtrFromStrings(env)
	if err != nil {
		return -int64(syscall.EINVAL)
	}
	// Memory is not collected, and the caller does not return before these were used.
	img := image{path: uintptr(unsafe.Pointer(p)), argv: uintptr(unsafe.Pointer(&av[0])), env: uintptr(unsafe.Pointer(&ev[0]))}
	args := [11]uint64{0: flags | vm | vfork, 4: uint64(syscall.SIGCHLD)}
	Block(^uint64(0))
	pid := spawn(&args, 64, &img)
	if pid > 0 && img.failed != 0 {
		for {
			if _, err := syscall.Wait4(int(pid), nil, 0, nil); err != syscall.EINTR {
				break
			}
		}
		pid = img.failed
	}
	Block(Mask)
	return pid
}
