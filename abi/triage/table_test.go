package triage

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestEntriesAreWellFormed(t *testing.T) {
	total := 0
	for _, family := range families() {
		total += len(family)
	}
	calls := All()
	if len(calls) != total {
		t.Errorf("%d entries give %d numbers: some number is used twice", total, len(calls))
	}
	names := map[string]bool{}
	for i, c := range calls {
		if names[c.Name] {
			t.Errorf("%s: name used twice", c.Name)
		}
		names[c.Name] = true
		if i > 0 && calls[i-1].Nr >= c.Nr {
			t.Errorf("%s: All is not in number order", c.Name)
		}
		if Lookup(int(c.Nr)) != c || ByName(c.Name) != c {
			t.Errorf("%s: Lookup and ByName do not find it", c.Name)
		}
		if c.Where < Local || c.Where > Refuse {
			t.Errorf("%s: no place", c.Name)
		}
		if (c.Where == Refuse) != (c.Errno != 0) {
			t.Errorf("%s: an error belongs to refused calls and only to them", c.Name)
		}
		if c.Where != Ship && c.Note == "" {
			t.Errorf("%s: %s needs a note", c.Name, c.Where)
		}
		if strings.ContainsAny(c.Note, "|\n\t") {
			t.Errorf("%s: note does not fit a table cell", c.Name)
		}
		if c.Flags&Restart != 0 && c.Flags&RestartNoHand != 0 {
			t.Errorf("%s: Restart and RestartNoHand exclude each other", c.Name)
		}
		if c.Flags&(Restart|RestartNoHand) != 0 && c.Flags&MayBlock == 0 || c.Flags&TimeoutEINTR != 0 && c.Flags&Restart == 0 {
			t.Errorf("%s: flags %v without what they go with", c.Name, c.Flags.Names())
		}
		if c.Ret != None && c.Ret.Pointer() {
			t.Errorf("%s: returns %v", c.Name, c.Ret)
		}
		checkArgs(t, c)
	}
	for _, nr := range []int{-1, 337, 423, Limit, 1 << 40} {
		if c := Lookup(nr); c != nil {
			t.Errorf("Lookup(%d) = %s", nr, c.Name)
		}
	}
	if Lookup(Limit-1) == nil {
		t.Errorf("Limit %d is not one more than the highest number", Limit)
	}
	if ByName("") != nil || ByName("nosuchcall") != nil {
		t.Error("ByName finds what is not there")
	}
}

func families() [][]Call {
	return [][]Call{
		fileCalls[:], pathCalls[:], fdCalls[:], mountCalls[:], memoryCalls[:], processCalls[:], credCalls[:],
		schedCalls[:], signalCalls[:], socketCalls[:], pollCalls[:], ipcCalls[:], timeCalls[:], miscCalls[:], oldCalls[:],
	}
}

func checkArgs(t *testing.T, c *Call) {
	if len(c.Args) > 6 {
		t.Errorf("%s: %d arguments", c.Name, len(c.Args))
	}
	names := map[string]bool{}
	for i, a := range c.Args {
		at := c.Name + "(" + a.Name + ")"
		if a.Name == "" || names[a.Name] {
			t.Errorf("%s: name empty or used twice", at)
		}
		names[a.Name] = true
		if a.Kind == None || a.Kind >= kinds {
			t.Errorf("%s: kind %d", at, a.Kind)
			continue
		}
		if a.Size == 0 {
			t.Errorf("%s: no size", at)
		}
		if a.Len < -1 || int(a.Len) >= len(c.Args) || int(a.Len) == i {
			t.Errorf("%s: length in argument %d", at, a.Len)
			continue
		}
		if !a.Kind.Pointer() && !a.Kind.MayPoint() {
			if a.Len != -1 || a.Opt || a.Size != 2 && a.Size != 4 && a.Size != 8 {
				t.Errorf("%s: a scalar of %d bytes, length in %d, optional %v", at, a.Size, a.Len, a.Opt)
			}
			continue
		}
		if a.Kind.MayPoint() {
			continue
		}
		switch a.Kind {
		case StructIn, StructOut, StructInOut, TimeSpecIn, TimeSpecOut, TimeSpecInOut, FutexWord, Path, String, SizedIn,
			FileHandleIn, FileHandleInOut, PtrArray, SigSetPtr, MsgHdrIn, MsgHdrOut:
			if a.Len != -1 {
				t.Errorf("%s: %v takes no length", at, a.Kind)
			}
		case SockaddrOut, BufOutPtr:
			if a.Len < 0 || c.Args[a.Len].Kind != StructInOut || c.Args[a.Len].Size != 4 {
				t.Errorf("%s: its length must be a 32-bit word, in and out", at)
			}
		case NestedIn, NestedInOut:
			if a.Len >= 0 && !countKind(c.Args[a.Len].Kind) {
				t.Errorf("%s: length is a %v", at, c.Args[a.Len].Kind)
			}
		default:
			if a.Len < 0 || !countKind(c.Args[a.Len].Kind) {
				t.Errorf("%s: %v needs a length", at, a.Kind)
			}
		}
	}
}

func countKind(k Kind) bool { return k == Size || k == Int }

func TestKindsAreNamed(t *testing.T) {
	names := map[string]bool{}
	for k := None; k < kinds; k++ {
		if k.String() == "" || names[k.String()] {
			t.Errorf("kind %d: name %q empty or used twice", k, k)
		}
		names[k.String()] = true
		if k.Nested() && !k.Pointer() || k.Pointer() && k.MayPoint() {
			t.Errorf("%v: properties that exclude each other", k)
		}
	}
}

// TestNumbersOfHeader compares with the kernel header of the machine, which may be older than the table.
func TestNumbersOfHeader(t *testing.T) {
	var text []byte
	for _, pattern := range []string{"/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"} {
		if data, err := os.ReadFile(filepath.Clean(pattern)); err == nil {
			text = data
			break
		}
	}
	if text == nil {
		t.Skip("no asm/unistd_64.h here (Debian: linux-libc-dev)")
	}
	numbers := regexp.MustCompile(`(?m)^#define __NR_(\w+) (\d+)$`).FindAllSubmatch(text, -1)
	if len(numbers) < 300 {
		t.Fatalf("asm/unistd_64.h: only %d numbers understood", len(numbers))
	}
	highest, header := 0, map[int]bool{}
	for _, m := range numbers {
		nr, _ := strconv.Atoi(string(m[2]))
		highest, header[nr] = max(highest, nr), true
		if c := Lookup(nr); c == nil {
			t.Logf("%d %s is newer than the table", nr, m[1])
			if nr < Limit {
				t.Errorf("%d %s is missing", nr, m[1])
			}
		} else if c.Name != string(m[1]) {
			t.Errorf("%d is %s, the table says %s", nr, m[1], c.Name)
		}
	}
	recent := []int{335, 336} // younger than their neighbours
	for _, c := range All() {
		if int(c.Nr) <= highest && !header[int(c.Nr)] && !slices.Contains(recent, int(c.Nr)) {
			t.Errorf("%d %s is not in asm/unistd_64.h", c.Nr, c.Name)
		}
	}
}

// TestNumbersOfRecentCalls covers what distributions' headers do not have yet.
func TestNumbersOfRecentCalls(t *testing.T) {
	for name, nr := range map[string]int{
		"cachestat": unix.SYS_CACHESTAT, "fchmodat2": unix.SYS_FCHMODAT2, "map_shadow_stack": unix.SYS_MAP_SHADOW_STACK,
		"futex_wake": unix.SYS_FUTEX_WAKE, "futex_wait": unix.SYS_FUTEX_WAIT, "futex_requeue": unix.SYS_FUTEX_REQUEUE,
		"statmount": unix.SYS_STATMOUNT, "listmount": unix.SYS_LISTMOUNT, "lsm_get_self_attr": unix.SYS_LSM_GET_SELF_ATTR,
		"lsm_set_self_attr": unix.SYS_LSM_SET_SELF_ATTR, "lsm_list_modules": unix.SYS_LSM_LIST_MODULES, "mseal": unix.SYS_MSEAL,
		"setxattrat": unix.SYS_SETXATTRAT, "getxattrat": unix.SYS_GETXATTRAT, "listxattrat": unix.SYS_LISTXATTRAT,
		"removexattrat": unix.SYS_REMOVEXATTRAT, "open_tree_attr": unix.SYS_OPEN_TREE_ATTR, "file_getattr": unix.SYS_FILE_GETATTR,
		"file_setattr": unix.SYS_FILE_SETATTR, "uretprobe": 335, "uprobe": 336, "listns": 470, "rseq_slice_yield": 471,
	} {
		if c := Lookup(nr); c == nil || c.Name != name {
			t.Errorf("%d is not %s", nr, name)
		}
	}
}

// TestPrototypes compares number, width, sign and pointers of all arguments with the kernel's own types.
func TestPrototypes(t *testing.T) {
	f, err := os.Open("testdata/prototypes.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		seen++
		c := ByName(words[0])
		if c == nil {
			t.Errorf("%s is not in the table", words[0])
			continue
		}
		if len(c.Args) != len(words)-1 {
			t.Errorf("%s has %d arguments, the table says %d", c.Name, len(words)-1, len(c.Args))
			continue
		}
		for i, a := range c.Args {
			if !fits(&a, words[i+1]) {
				t.Errorf("%s(%s): the kernel's type is %s, the table says %v of %d bytes", c.Name, a.Name, words[i+1], a.Kind, a.Size)
			}
		}
	}
	if seen < 350 {
		t.Errorf("only %d prototypes read", seen)
	}
}

func fits(a *Arg, kernel string) bool {
	if kernel == "p" {
		return a.Kind.Pointer() || a.Kind.MayPoint() || a.Kind == Addr
	}
	if a.Kind.Pointer() {
		return false
	}
	width, _ := strconv.Atoi(kernel[1:])
	if a.Kind.MayPoint() {
		return width == 8
	}
	switch a.Kind {
	case Int:
		return kernel == "s"+strconv.Itoa(int(a.Size))
	case UInt, UID, GID:
		return kernel == "u"+strconv.Itoa(int(a.Size))
	case Size:
		return kernel == "u"+strconv.Itoa(int(a.Size))
	}
	return width == int(a.Size)
}
