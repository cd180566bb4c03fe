package process

import (
	"syscall"
	"unsafe"
)

// ExecPlain makes this process a program that runs on Linux alone, without an LWK: one whose file gives
// it rights of its own, or may not be read. argv and env are the program's, ignored and mask its signals.
// It returns only on failure. It may allocate.
func (p *Platform) ExecPlain(path string, argv, env []string, ignored, mask uint64) int64 {
	list := make([]string, 0, len(argv)+len(env)+3)
	list = append(append(append(list, path), argv...), "")
	list = append(list, env...)
	p0, e := pointers(list)
	if e != 0 {
		return -int64(e)
	}
	p0[1+len(argv)] = 0
	setSigmask(^uint64(0))
	var before [64]sigaction
	for i := range before {
		if ignored>>i&1 != 0 {
			raw(sysSigaction, uintptr(i+1), 0, uintptr(unsafe.Pointer(&before[i])), 8, 0, 0)
			setHandler(i+1, &sigaction{handler: 1})
		}
	}
	both := enc.linux
	for i := range enc.all {
		for w, bits := range maskOf([]int{enc.cores[i].cpu}) {
			both[w] |= bits
		}
	}
	setAffinity(0, &both)
	setSigmask(mask)
	_, err := raw(sysExecve, p0[0], uintptr(unsafe.Pointer(&p0[1])), uintptr(unsafe.Pointer(&p0[2+len(argv)])), 0, 0, 0)
	setSigmask(^uint64(0))
	for i := range before {
		if ignored>>i&1 != 0 {
			setHandler(i+1, &before[i])
		}
	}
	setSigmask(coreMask)
	return -int64(err)
}

// GivesRights tells whether Linux would give the program in a file other rights than the caller has
// (set-user-ID, set-group-ID, file capabilities), or lets the caller execute but not read it. It asks on
// the calling thread, without the Go runtime.
func GivesRights(path string) bool {
	const (
		cwd          = ^uintptr(99) // AT_FDCWD
		effective    = 0x200        // AT_EACCESS
		faccessat2   = 439
		canRun, read = 1, 4
		noSuid       = 2  // ST_NOSUID
		getNoNew     = 39 // PR_GET_NO_NEW_PRIVS
	)
	file := append([]byte(path), 0)
	name := uintptr(unsafe.Pointer(&file[0]))
	var st syscall.Stat_t
	if _, e := raw(syscall.SYS_NEWFSTATAT, cwd, name, uintptr(unsafe.Pointer(&st)), 0, 0, 0); e != 0 || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return false
	}
	if _, e := raw(faccessat2, cwd, name, canRun, effective, 0, 0); e != 0 {
		return false
	}
	if _, e := raw(faccessat2, cwd, name, read, effective, 0, 0); e != 0 {
		return true
	}
	uid, _ := raw(syscall.SYS_GETEUID, 0, 0, 0, 0, 0, 0)
	gid, _ := raw(syscall.SYS_GETEGID, 0, 0, 0, 0, 0, 0)
	rights := st.Mode&syscall.S_ISUID != 0 && uintptr(st.Uid) != uid ||
		st.Mode&syscall.S_ISGID != 0 && st.Mode&syscall.S_IXGRP != 0 && uintptr(st.Gid) != gid
	if !rights && uid != 0 {
		attr := append([]byte("security.capability"), 0)
		n, e := raw(syscall.SYS_GETXATTR, name, uintptr(unsafe.Pointer(&attr[0])), 0, 0, 0, 0)
		rights = e == 0 && n > 0
	}
	if !rights {
		return false
	}
	var fs syscall.Statfs_t
	if _, e := raw(syscall.SYS_STATFS, name, uintptr(unsafe.Pointer(&fs)), 0, 0, 0, 0); e != 0 || fs.Flags&noSuid != 0 {
		return false
	}
	r, _ := raw(syscall.SYS_PRCTL, getNoNew, 0, 0, 0, 0, 0)
	return r == 0
}
