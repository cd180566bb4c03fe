package plan

import (
	"errors"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// defaultPath is where programs are looked for when PATH is not set, as execvp(3) does.
const defaultPath = "/bin:/usr/bin"

// program decides Path: a name with a slash is a path, relative to the directory that the program
// starts in; any other is looked for in the PATH that the program will have, as a shell does: an
// empty part is that directory, directories and files that may not be executed are passed over.
func (p *Plan) program(name string, h *Host) error {
	if name == "" || strings.IndexByte(name, 0) >= 0 {
		return &Error{StatusNotFound, "no such program", quote(name), "give the program's name or path"}
	}
	if strings.IndexByte(name, '/') >= 0 {
		path, err := p.absolute(name, h)
		if err != nil {
			return err
		}
		if errno := runnable(path); errno != 0 {
			return refuse(name, path, errno)
		}
		p.Path = path
		return nil
	}
	search, ok := lookup(p.Env, "PATH")
	if !ok {
		search = defaultPath
	}
	var foundPath string
	var foundErr syscall.Errno
	for dir := range strings.SplitSeq(search, ":") {
		if dir == "" {
			dir = "."
		}
		path, err := p.absolute(dir+"/"+name, h)
		if err != nil {
			return err
		}
		switch errno := runnable(path); errno {
		case 0:
			p.Path = path
			return nil
		case unix.EACCES, unix.EPERM:
			if foundErr == 0 {
				foundPath, foundErr = path, errno
			}
		}
	}
	if foundErr != 0 {
		return refuse(name, foundPath, foundErr)
	}
	do := "none of these directories has it: " + search
	if runnable(p.here(name)) == 0 {
		do = "it is in the current directory: write ./" + name
	}
	return &Error{StatusNotFound, "no such program", show(name), do}
}

// here is name as seen from the directory that the program starts in.
func (p *Plan) here(name string) string {
	if p.Cwd == "" {
		return name
	}
	return p.Cwd + "/" + name
}

// absolute makes path absolute without resolving anything: "a/../b" is not "b" where a is a
// symbolic link.
func (p *Plan) absolute(path string, h *Host) (string, error) {
	if path[0] == '/' {
		return path, nil
	}
	dir := p.Cwd
	if dir == "" {
		var err error
		if dir, err = h.Getwd(); err != nil {
			return "", Failure("the current directory has no path", err.Error(), "change to one that exists, or give --cwd DIR")
		}
	}
	for strings.HasPrefix(path, "./") {
		path = strings.TrimLeft(path[2:], "/")
	}
	return strings.TrimSuffix(dir, "/") + "/" + path, nil
}

// runnable answers 0 for a regular file that the caller may execute, else why not; EISDIR for a
// directory.
func runnable(path string) syscall.Errno {
	var st unix.Stat_t
	if errno := errnoOf(unix.Stat(path, &st)); errno != 0 {
		return errno
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return errnoOf(unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS))
	case unix.S_IFDIR:
		return unix.EISDIR
	}
	return unix.EACCES
}

// errnoOf is the error number in err, 0 for nil.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &errno):
		return errno
	}
	return unix.EIO
}

// refuse turns the reason why a file cannot be run into an error that says what to do.
func refuse(name, path string, errno syscall.Errno) *Error {
	e := &Error{Status: StatusNotRun, What: "cannot run", On: show(path)}
	switch errno {
	case unix.ENOENT:
		e.Status, e.What, e.Do = StatusNotFound, "no such program", "check the path"
	case unix.EISDIR:
		e.Do = "it is a directory"
	case unix.ENOTDIR:
		e.Do = "a part of the path is not a directory"
	case unix.EACCES:
		e.Do = why(path)
	default:
		e.Do = errno.Error()
	}
	return e
}

// why explains EACCES, which has four reasons.
func why(path string) string {
	var st unix.Stat_t
	var fs unix.Statfs_t
	switch {
	case unix.Stat(path, &st) != nil:
		return "a directory on the way may not be searched by you"
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return "it is not a regular file"
	case st.Mode&0o111 == 0:
		return "it has no execute permission: chmod +x it"
	case unix.Statfs(path, &fs) == nil && fs.Flags&unix.ST_NOEXEC != 0:
		return "its file system is mounted noexec"
	}
	return "its permissions do not let you execute it"
}

// directory decides Cwd.
func (p *Plan) directory(dir string, h *Host) error {
	if dir == "" {
		return nil
	}
	path, err := p.absolute(dir, h)
	if err != nil {
		return err
	}
	var st unix.Stat_t
	switch errno := errnoOf(unix.Stat(path, &st)); {
	case errno != 0:
		return Failure("cannot enter --cwd", show(dir), errno.Error())
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return Failure("cannot enter --cwd", show(dir), "it is not a directory")
	}
	if errno := errnoOf(unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS)); errno != 0 {
		return Failure("cannot enter --cwd", show(dir), errno.Error())
	}
	p.Cwd = path
	return nil
}

// outputFile makes the path that a flag gave absolute (relative to where the user is, not to --cwd) and
// checks that the file can be written, without creating or emptying it: the program has not run yet.
func outputFile(flag string, file *string, h *Host) error {
	if *file == "" {
		return nil
	}
	at := Plan{} // no Cwd: the shell's idea of a relative path
	path, err := at.absolute(*file, h)
	if err != nil {
		return err
	}
	var st unix.Stat_t
	switch errno := errnoOf(unix.Stat(path, &st)); {
	case errno == 0 && st.Mode&unix.S_IFMT == unix.S_IFDIR:
		return Failure("cannot write "+flag, show(*file), "it is a directory")
	case errno == 0:
		errno = errnoOf(unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS))
		if errno != 0 {
			return Failure("cannot write "+flag, show(*file), errno.Error())
		}
	default:
		parent := path[:strings.LastIndexByte(path, '/')+1]
		if errno := errnoOf(unix.Faccessat(unix.AT_FDCWD, parent, unix.W_OK|unix.X_OK, unix.AT_EACCESS)); errno != 0 {
			return Failure("cannot write "+flag, show(*file), parent+": "+errno.Error())
		}
	}
	*file = path
	return nil
}
