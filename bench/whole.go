// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Whole programs. Most of them are timed from before fork to after wait
// (starts), one life a batch; servers are in server.go.

var programsGroup = group("programs", []Measurement{
	{Name: "start-static", Shows: "start of a static program that does nothing, fork to wait", Target: Within(3 * time.Millisecond), Starts: true,
		Spent: "the Go runtime's start, and the LWK's: tables are reserved, handlers set for 64 signals, the runtime's threads moved, proxies made"},
	whole("python-start", "python3 -c pass: start, imports, end", AtMost(1.3), "an LWK's start; then some hundred shipped calls that look for modules", one("python3", "-c", "pass")),
	whole("python-run", "python3 that sums a million numbers into a dictionary", AtMost(1.1), "an LWK's start", one("python3", "-c", pythonRun)),
	whole("sqlite", "sqlite3: 30,000 rows inserted into a file, an index, a query", AtMost(1.3), "an LWK's start, and a shipped call for each page read or written", sqlite),
	whole("compile", "gcc -O2 of one file of C: driver, compiler, assembler", AtMost(1.3), "three programs are started, so three LWKs; then the compiler's shipped reads and stats", compile),
	long(wide(whole("make-j2", "make -j2 of 8 files of C and a library of them", AtMost(1.3), "an LWK for each program that make starts, three for each file; a forked child has one core", makeJ2))),
	long(whole("bash-1000", "bash that runs 1,000 external commands", AtMost(3), "a fork, an execve and so an LWK's start for each", one("bash", "-c", "for ((i = 0; i < 1000; i++)); do /bin/true; done"))),
	{Name: "gups", Shows: "RandomAccess: an update of a random word of 64 MiB", Target: AtMost(1.05),
		Spent: "nothing but memory is used: the pages' size, if it differs"},
	{Name: "stencil", Shows: "OpenMP: a sweep of a five-point stencil over 1024 x 1024, on all CPUs", Target: AtMost(1.1), Wide: true,
		Spent: "where the enclave has all CPUs, Linux's side runs on them, too"},
	{Name: "redis", Shows: "redis-server asked by redis-benchmark on Linux, 20 clients: a SET and a GET, mean", Target: Throughput(0.7), drive: redis,
		needs: []string{"redis-server", "redis-benchmark"},
		Spent: "epoll_wait, read and write are shipped, and the client shares Linux's CPU with the proxies"},
	{Name: "go-web", Shows: "a web server of Go's standard library asked over 8 connections: a request", Target: Throughput(0.7), drive: goWebServer,
		needs: []string{goWeb},
		Spent: "epoll_wait, read and write are shipped, and the client shares Linux's CPU with the proxies"},
})

const pythonRun = "d={}\nfor i in range(1000000):\n d[i&4095]=d.get(i&4095,0)+i\nassert sum(d.values())==499999500000"

// whole is a measurement that times a command's whole life.
func whole(name, shows string, target Target, spent string, argv func(*Drive) ([]string, error)) Measurement {
	m := Measurement{Name: name, Shows: shows, Target: target, Spent: spent, allSides: true}
	for _, n := range needed[name] {
		m.needs = append(m.needs, n)
	}
	m.drive = func(d *Drive) (Outcome, error) {
		args, err := argv(d)
		if err != nil {
			return Outcome{}, err
		}
		path, err := command(args[0])
		if err != nil {
			return Outcome{}, err
		}
		few := *d
		few.Batches = 1 + d.Batches/FullBatches
		costs, err := starts(&few, 1, func() *exec.Cmd { return d.Side.Command(path, args[1:]...) })
		return Outcome{Costs: costs}, err
	}
	return m
}

// needed are the commands that whole programs need.
var needed = map[string][]string{
	"python-start": {"python3"}, "python-run": {"python3"}, "sqlite": {"sqlite3"}, "compile": {"gcc"},
	"make-j2": {"make", "gcc"}, "bash-1000": {"bash"},
}

func wide(m Measurement) Measurement { m.Wide = true; return m }
func long(m Measurement) Measurement { m.Long = true; return m }

func one(argv ...string) func(*Drive) ([]string, error) {
	return func(*Drive) ([]string, error) { return argv, nil }
}

// command finds a program of the machine: /usr/bin first, since what PATH
// names before it may be a script that looks for the program.
func command(name string) (string, error) {
	if strings.ContainsRune(name, '/') {
		return name, nil
	}
	for _, dir := range []string{"/usr/bin", "/bin"} {
		if path := filepath.Join(dir, name); exec.Command(path).Err == nil {
			if _, err := exec.LookPath(path); err == nil {
				return path, nil
			}
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("needs %s: apt-get install %s", name, packages[name])
	}
	return path, nil
}

// packages says which package of Debian brings a command.
var packages = map[string]string{
	"python3": "python3", "sqlite3": "sqlite3", "gcc": "gcc libc6-dev", "make": "make", "bash": "bash",
	"redis-server": "redis-server", "redis-benchmark": "redis-tools", "stress-ng": "stress-ng",
}

// sqlite is a script, on a fresh file each time; nothing is synchronized to
// the disk, which is not what is compared.
func sqlite(d *Drive) ([]string, error) {
	file := filepath.Join(d.Work, "sqlite.db")
	return []string{"sqlite3", file, `pragma synchronous=off; drop table if exists t; create table t(k integer, v text);
with recursive n(i) as (select 1 union all select i+1 from n where i<30000) insert into t select i*7919%30011, hex(i*31) from n;
create index x on t(k); select case count(*) when 30000 then 1 else abs(-9223372036854775808) end from t where k>=0;`}, nil
}

// sourcesIn writes the C sources of the measurements into the working
// directory, once, and returns where.
func sourcesIn(d *Drive) (string, error) {
	dir := filepath.Join(d.Work, "source")
	err := os.CopyFS(dir, sources)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("writing out sources to compile: %w", err)
	}
	return filepath.Join(dir, "prog"), nil
}

func compile(d *Drive) ([]string, error) {
	dir, err := sourcesIn(d)
	return []string{"gcc", "-O2", "-c", "-o", filepath.Join(d.Work, "compile.o"), filepath.Join(dir, "epoll-socketpair.c")}, err
}

// makefile compiles eight files, and puts the objects into a library.
const makefile = `PARTS := getpid yield handoff fwq ftq gups chase clock
all: $(PARTS:%=%.o)
	ar rcs all.a $^
%.o: %.c bench.h
	gcc -O2 -c -o $@ $<
.PHONY: all
`

func makeJ2(d *Drive) ([]string, error) {
	dir, err := sourcesIn(d)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "Makefile"), []byte(makefile), 0o644)
	}
	return []string{"make", "-s", "-B", "-j2", "-C", dir}, err
}
