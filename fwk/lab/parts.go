package lab

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// libraryDirs is where the dynamic linker looks on Debian.
var libraryDirs = []string{"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"}

// libraries adds to found the interpreter and the libraries that the program host needs, and theirs.
// A file that is no ELF needs none. Libraries that a program opens by itself are not known.
func libraries(host string, found map[string]bool) error {
	f, err := elf.Open(host)
	if err != nil {
		var bad *elf.FormatError
		if st, err2 := os.Stat(host); err2 == nil && (st.IsDir() || errors.As(err, &bad) || st.Size() < 64) {
			return nil
		}
		return err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			buf := make([]byte, p.Filesz)
			if _, err := p.ReadAt(buf, 0); err != nil {
				return fmt.Errorf("%s: %w", host, err)
			}
			found[strings.TrimRight(string(buf), "\x00")] = true
		}
	}
	needed, err := f.ImportedLibraries()
	if err != nil {
		return nil // not dynamic
	}
	dirs := libraryDirs
	for _, tag := range []elf.DynTag{elf.DT_RUNPATH, elf.DT_RPATH} {
		paths, _ := f.DynString(tag)
		for _, list := range paths {
			for _, dir := range strings.Split(list, ":") {
				dirs = append([]string{strings.ReplaceAll(dir, "$ORIGIN", filepath.Dir(host))}, dirs...)
			}
		}
	}
next:
	for _, name := range needed {
		for _, dir := range dirs {
			if lib := filepath.Join(dir, name); exists(lib) {
				if !found[lib] {
					found[lib] = true
					if err := libraries(lib, found); err != nil {
						return err
					}
				}
				continue next
			}
		}
		return fmt.Errorf("%s needs %s, which is not in %s", host, name, strings.Join(dirs, ":"))
	}
	return nil
}

// busybox is a statically linked busybox of this machine, or "".
func busybox() string {
	path, err := exec.LookPath("busybox")
	if err != nil {
		return ""
	}
	need := map[string]bool{}
	if err := libraries(path, need); err != nil || len(need) != 0 {
		return ""
	}
	return path
}

func applets(box string) []string {
	out, err := exec.Command(box, "--list").Output()
	if err != nil {
		return []string{"sh"}
	}
	return strings.Fields(string(out))
}

// modules finds the files of kernel modules by name, each after those that it depends on.
func modules(k *Kernel, names []string) (files []string, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	all := map[string]string{}
	err = filepath.WalkDir(k.Modules, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if name, _, ok := strings.Cut(d.Name(), ".ko"); ok {
				all[strings.ReplaceAll(name, "-", "_")] = p
			}
		}
		return err
	})
	if err != nil {
		return nil, fail("cannot read the kernel's modules", err.Error(), "remove the lab's cache, and try again")
	}
	done := map[string]bool{}
	var add func(name string) error
	add = func(name string) error {
		name = strings.ReplaceAll(name, "-", "_")
		if done[name] {
			return nil
		}
		done[name] = true
		file := all[name]
		if file == "" {
			return fail("the kernel has no such module", name, "is it built in? then leave it out")
		}
		for _, dep := range depends(file) {
			if err := add(dep); err != nil {
				return err
			}
		}
		files = append(files, file)
		return nil
	}
	for _, name := range names {
		if err := add(name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// depends reads which modules a module needs: "depends=a,b" in its section .modinfo.
func depends(file string) []string {
	if strings.HasSuffix(file, ".xz") {
		tmp, err := os.CreateTemp("", "skerry-lab-ko-")
		if err != nil {
			return nil
		}
		defer os.Remove(tmp.Name())
		defer tmp.Close()
		cmd := exec.Command("xz", "-dc", file)
		cmd.Stdout = tmp
		if cmd.Run() != nil {
			return nil
		}
		file = tmp.Name()
	}
	f, err := elf.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	s := f.Section(".modinfo")
	if s == nil {
		return nil
	}
	text, err := s.Data()
	if err != nil {
		return nil
	}
	for _, field := range strings.Split(string(text), "\x00") {
		if list, ok := strings.CutPrefix(field, "depends="); ok && list != "" {
			return strings.Split(list, ",")
		}
	}
	return nil
}
