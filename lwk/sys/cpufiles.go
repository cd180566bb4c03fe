package sys

// The machine's processors as the program may use them: the enclave's, by Linux's numbers. What sizes
// tables by the largest number (possible, present) stays the node's.

// writeCPUList writes those of the enclave's CPUs that are in a set of cores, as "0-2,5".
func (s *Sys) writeCPUList(w *text, cores uint64) {
	first := true
	for cpu := 0; cpu < maxCPU; {
		if !s.hasCPU(cpu, cores) {
			cpu++
			continue
		}
		end := cpu
		for s.hasCPU(end+1, cores) {
			end++
		}
		if !first {
			w.str(",")
		}
		first = false
		w.dec(uint64(cpu))
		if end > cpu {
			w.str("-")
			w.dec(uint64(end))
		}
		cpu = end + 1
	}
}

const maxCPU = 8192

// writeCPUMask writes them as groups of 32 bits, highest first.
func (s *Sys) writeCPUMask(w *text, cores uint64) {
	top := 0
	for _, cpu := range s.Proc.CPUs {
		top = max(top, cpu/32)
	}
	for i := top; i >= 0; i-- {
		bits := uint64(0)
		for b := range 32 {
			if s.hasCPU(i*32+b, cores) {
				bits |= 1 << b
			}
		}
		if i < top {
			w.str(",")
		}
		digits := 8
		if top == 0 {
			digits = 1
		}
		w.hex(bits, digits)
	}
}

func (s *Sys) hasCPU(cpu int, cores uint64) bool {
	for i, c := range s.Proc.CPUs {
		if c == cpu && cores>>i&1 != 0 {
			return true
		}
	}
	return false
}

// writeCPUInfo writes /proc/cpuinfo without other CPUs' parts.
func (s *Sys) writeCPUInfo(w *text) {
	var r lines
	r.open(s, "/proc/cpuinfo\x00")
	show := true
	for line := r.next(); line != nil; line = r.next() {
		if k, v := key(line); len(k) >= 9 && string(k[:9]) == "processor" {
			show = s.hasCPU(int(leading(v)), ^uint64(0))
		}
		if show {
			w.bytes(line)
		}
	}
	r.close()
}

// writeCPUStat writes /proc/stat with the enclave's CPUs and their sum.
func (s *Sys) writeCPUStat(w *text) {
	var sum [10]uint64
	var r lines
	r.open(s, "/proc/stat\x00")
	for line := r.next(); line != nil; line = r.next() {
		if n, ok := cpuLine(line); ok && n >= 0 && s.hasCPU(n, ^uint64(0)) {
			for i := range sum {
				sum[i] += field(line, i+1)
			}
		}
	}
	r.close()
	r = lines{}
	r.open(s, "/proc/stat\x00")
	for line := r.next(); line != nil; line = r.next() {
		n, ok := cpuLine(line)
		switch {
		case !ok || n >= 0 && s.hasCPU(n, ^uint64(0)):
			w.bytes(line)
		case n < 0:
			w.str("cpu ")
			for _, v := range sum {
				w.str(" ")
				w.dec(v)
			}
			w.str("\n")
		}
	}
	r.close()
}

// cpuLine tells whether a line of /proc/stat is a CPU's, and which; -1: all together.
func cpuLine(line []byte) (cpu int, ok bool) {
	if len(line) < 4 || string(line[:3]) != "cpu" {
		return 0, false
	}
	if line[3] == ' ' {
		return -1, true
	}
	return int(leading(line[3:7])), true
}
