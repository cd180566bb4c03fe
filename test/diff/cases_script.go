package diff

import "regexp"

// interpreters run scripts of the languages that Debian installs.
func interpreters() []Case {
	py := func(name, script string) Case {
		return Case{Name: "python-" + name, Args: []string{"/usr/bin/python3", "script.py"}, Files: map[string]string{"script.py": script},
			IgnoreFiles: []string{"__pycache__*", "*.db-journal"}}
	}
	cs := []Case{
		py("hello", "import sys\nprint('hello', sys.argv, sys.version_info[0])\nsys.exit(3)\n"),
		py("json", "import json\nd={'a':[1,2.5,None,True],'b':{'c':'\\u00e9'}}\ns=json.dumps(d,sort_keys=True)\nassert json.loads(s)==d\nprint(s)\nprint(len(json.dumps(list(range(100000)))))\n"),
		py("hashlib", "import hashlib,zlib,bz2,lzma\nb=bytes(range(256))*4000\nfor n in ('md5','sha1','sha256','sha512','blake2b'):print(n,hashlib.new(n,b).hexdigest())\nfor m in (zlib,bz2,lzma):\n c=m.compress(b);assert m.decompress(c)==b;print(m.__name__,len(c))\n"),
		py("sqlite3", "import sqlite3\nc=sqlite3.connect('t.db')\nc.execute('create table t(a integer primary key,b text)')\nc.executemany('insert into t values(?,?)',((i,str(i*i)) for i in range(5000)))\nc.commit()\nprint(c.execute('select count(*),sum(a),max(length(b)) from t').fetchone())\nc.close()\n"),
		py("threading", "import threading,queue\nq=queue.Queue(10);out=[];l=threading.Lock()\ndef w():\n while (v:=q.get()) is not None:\n  with l: out.append(v*v)\n  q.task_done()\nts=[threading.Thread(target=w) for _ in range(8)]\nfor t in ts:t.start()\nfor i in range(2000):q.put(i)\nq.join()\nfor t in ts:q.put(None)\nfor t in ts:t.join()\nprint(len(out),sum(out))\ne=threading.Event()\nthreading.Timer(0.01,e.set).start()\nprint(e.wait(60),threading.active_count()>=1)\nb=threading.Barrier(4)\nr=[]\nts=[threading.Thread(target=lambda:r.append(b.wait())) for _ in range(4)]\nfor t in ts:t.start()\nfor t in ts:t.join()\nprint(sorted(r))\n"),
		py("asyncio", "import asyncio,socket\nasync def echo(s):\n r,w=await asyncio.open_connection(sock=s)\n while d:=await r.readline():\n  w.write(d.upper());await w.drain()\n w.close()\nasync def main():\n a,b=socket.socketpair()\n t=asyncio.create_task(echo(b))\n r,w=await asyncio.open_connection(sock=a)\n for i in range(200):\n  w.write(b'line %d\\n'%i)\n  assert await r.readline()==b'LINE %d\\n'%i\n w.close();await t\n print('streams')\n res=await asyncio.gather(*(asyncio.sleep(0.001*(i%5),i) for i in range(200)))\n print(sum(res))\n p=await asyncio.create_subprocess_exec('sh','-c','echo out; echo err >&2; exit 5',stdout=-1,stderr=-1)\n print(await p.communicate(),p.returncode)\n try: await asyncio.wait_for(asyncio.sleep(1000),0.01)\n except asyncio.TimeoutError: print('timeout')\n print(await asyncio.to_thread(lambda:6*7))\nasyncio.run(main())\n"),
		py("ctypes", "import ctypes\nc=ctypes.CDLL('libc.so.6')\nprint(c.abs(-5),c.strlen(b'hello'))\nCMP=ctypes.CFUNCTYPE(ctypes.c_int,ctypes.POINTER(ctypes.c_int),ctypes.POINTER(ctypes.c_int))\na=(ctypes.c_int*6)(5,3,9,1,7,2)\nc.qsort(a,6,4,CMP(lambda x,y:x[0]-y[0]))\nprint(list(a))\nb=ctypes.create_string_buffer(50)\nc.sprintf(b,b'%d-%s',42,b'x')\nprint(b.value)\n"),
		py("re-decimal", "import re,decimal,fractions,random,math\nprint(re.sub(r'(\\w+) (\\w+)',r'\\2 \\1','hello big world'))\nprint(len(re.findall(r'[aeiou]','the quick brown fox'*1000)))\ndecimal.getcontext().prec=60\nprint(decimal.Decimal(2).sqrt(),fractions.Fraction(355,113)+1)\nrandom.seed(5)\nprint([random.randint(0,99) for _ in range(10)],math.factorial(200)%1000007,2**500)\n"),
		py("subprocess", "import subprocess,os,signal,sys\nprint(subprocess.run(['tr','a-z','A-Z'],input=b'abc'*10000,capture_output=True).stdout[:9])\nprint(subprocess.run('exit 7',shell=True).returncode,subprocess.run(['sh','-c','kill -9 $$']).returncode)\np=subprocess.Popen(['sleep','1000']);p.send_signal(signal.SIGTERM);print(p.wait())\ntry: subprocess.run(['/does/not/exist'])\nexcept FileNotFoundError as e: print(e.errno)\ntry: subprocess.run(['sleep','1000'],timeout=0.05)\nexcept subprocess.TimeoutExpired: print('timed out')\nprint(subprocess.check_output([sys.executable,'-c','import os;print(os.getppid()==%d)'%os.getpid()]))\n"),
		py("signals", "import signal,os,time,select\ngot=[]\nsignal.signal(signal.SIGUSR1,lambda s,f:got.append(s))\nos.kill(os.getpid(),signal.SIGUSR1)\nwhile not got:pass\nsignal.signal(signal.SIGALRM,lambda s,f:(_ for _ in ()).throw(RuntimeError('alarm')))\nx=0\ntry:\n signal.setitimer(signal.ITIMER_REAL,0.01)\n while True:\n  x+=1\nexcept RuntimeError as e:print(e)\ntry:\n signal.setitimer(signal.ITIMER_REAL,0.01)\n time.sleep(1000)\nexcept RuntimeError as e:print(e)\nprint([int(s) for s in got])\nos.kill(os.getpid(),signal.SIGINT)\n"),
		py("multiprocessing", "import multiprocessing as m\ndef f(x): return x*x\nif __name__=='__main__':\n c=m.get_context('fork')\n with c.Pool(3) as p: print(sum(p.map(f,range(500))))\n q=c.Queue();p=c.Process(target=lambda:q.put('from child'));p.start();print(q.get());p.join();print(p.exitcode)\n c=m.get_context('spawn')\n with c.Pool(2) as p: print(p.map(f,range(5)))\n"),
		py("files", "import os,tempfile,shutil,mmap,fcntl,pathlib\nwith tempfile.TemporaryDirectory() as d:\n p=pathlib.Path(d)/'x'\n p.write_bytes(b'0'*100000)\n with open(p,'r+b') as f:\n  fcntl.lockf(f,fcntl.LOCK_EX)\n  m=mmap.mmap(f.fileno(),0);m[50000:50005]=b'hello';m.flush();m.close()\n print(p.read_bytes().index(b'hello'))\n shutil.copy(p,'copy')\nprint(os.stat('copy').st_size,sorted(os.listdir('.')))\nr,w=os.pipe()\npid=os.fork()\nif pid==0:\n os.write(w,b'child');os._exit(9)\nprint(os.read(r,10),os.waitstatus_to_exitcode(os.waitpid(pid,0)[1]))\n"),
		py("traceback", "def f(n):\n if n==0: raise ValueError('deep')\n f(n-1)\ntry:\n def g(): g()\n g()\nexcept RecursionError as e: print(e)\nf(3)\n"),

		{Name: "perl", Args: []string{"/usr/bin/perl", "script.pl"}, Files: map[string]string{"script.pl": perlScript, "text": text(2000)}, Status: 4},
		{Name: "lua", Args: []string{"lua5.4", "script.lua"}, Files: map[string]string{"script.lua": luaScript}},
		{Name: "sqlite3", Args: []string{"sqlite3", "t.db"}, Stdin: sqliteScript, Status: 1},
		{Name: "gcc", Args: []string{"gcc", "-O2", "-o", "hello", "hello.c"}, Files: map[string]string{"hello.c": "#include <stdio.h>\nint main(void)\n{\n\tputs(\"compiled\");\n\treturn 0;\n}\n"}},
		{Name: "gcc-error", Args: []string{"gcc", "-c", "bad.c"}, Files: map[string]string{"bad.c": "int main(void) { return x; }\n"}, Status: 1},
		sh("gcc-run", "gcc -O1 -o hello hello.c && ./hello && rm hello && g++ -x c++ -c hello.c && nm hello.o | grep -c main", "gcc", "g++", "nm"),
		{Name: "busybox", Args: []string{"busybox", "sh", "-c", "busybox seq 1 100 | busybox awk '{s+=$1} END {print s}'; busybox ls -a; echo abc | busybox md5sum; busybox uname -m"}},
		{Name: "go-version", Args: []string{"go", "version"}, Env: []string{"GOTOOLCHAIN=local"},
			IgnoreFiles: []string{".config"}},
		sh("openssl-dgst", "openssl dgst -sha256 text; openssl dgst -sha3-512 text; openssl enc -aes-256-cbc -K "+hexKey+" -iv 00112233445566778899aabbccddeeff -in text -out e && openssl enc -d -aes-256-cbc -K "+hexKey+" -iv 00112233445566778899aabbccddeeff -in e | cmp - text && openssl base64 -in text | tail -n 1; sha256sum e", "openssl"),
		sh("openssl-keys", "openssl genrsa -out k 2048 2>/dev/null && openssl rsa -in k -pubout -out p 2>/dev/null && openssl dgst -sha256 -sign k -out s text && openssl dgst -sha256 -verify p -signature s text; openssl ecparam -name prime256v1 -genkey -noout | openssl ec -check -noout 2>&1 | tail -n 1; rm k p s; openssl rand 20 | wc -c; openssl prime -hex 10001", "openssl"),
		{Name: "openssl-speed", Args: []string{"openssl", "speed", "-seconds", "1", "-bytes", "1024", "sha256"}, IgnoreStderr: true,
			Mask: []*regexp.Regexp{regexp.MustCompile(`[0-9]+\.[0-9]+k`), regexp.MustCompile(`CPUINFO:.*`)}},
	}
	for i := range cs {
		switch cs[i].Name {
		case "python-hello":
			cs[i].Status = 3
		case "python-signals":
			cs[i].Status = 130
		case "python-traceback":
			cs[i].Status = 1
		case "gcc-run":
			cs[i].Files = map[string]string{"hello.c": "#include <stdio.h>\nint main(void)\n{\n\tputs(\"compiled\");\n\treturn 0;\n}\n"}
		case "openssl-dgst", "openssl-keys":
			cs[i].Files = map[string]string{"text": text(1000)}
		case "go-version":
			cs[i].Args[0] = goCommand()
		}
	}
	return cs
}

const hexKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

const perlScript = `use strict; use warnings;
open(my $f, '<', 'text') or die; my %n; my @l;
while (<$f>) { chomp; $n{$1}++ if /the (\w+) line/; push @l, $_; }
printf "%s=%d\n", $_, $n{$_} for sort keys %n;
my @s = sort { (split ' ', $a)[1] cmp (split ' ', $b)[1] } @l;
print "$s[0]\n$s[-1]\n";
printf "%.10f %e %s\n", 1/3, 1e100, join ',', map { $_ ** 2 } 1 .. 10;
$| = 1; pipe(my $r, my $w);
my $pid = fork; if (!$pid) { close $r; print $w "child says $_\n" for 1 .. 3; close $w; exit 7; }
close $w; print while <$r>; waitpid $pid, 0; print "status ", $? >> 8, "\n";
print "backtick: ", ` + "`echo shell; exit 3`" + `, $? >> 8, "\n";
$SIG{USR1} = sub { print "usr1\n" }; kill 'USR1', $$;
eval { local $SIG{ALRM} = sub { die "alarm\n" }; alarm 1; select undef, undef, undef, 100; }; print "got $@";
my $t = 'x' x 100000; $t =~ s/x{3}/yz/g; print length $t, "\n";
exit 4;
`

const luaScript = `local t = {}
for i = 1, 20000 do t[i] = (i * 7919) % 10007 end
table.sort(t)
print(t[1], t[10000], t[20000], #t)
local co = coroutine.wrap(function() for i = 1, 5 do coroutine.yield(i * i) end end)
print(co(), co(), co())
print(select(2, pcall(function() error({code = 5}) end)).code)
print(string.format("%5.2f %q %x", math.pi, "a\nb", 255), ("x"):rep(10))
for k in string.gmatch("one two three", "%a+") do io.write(k, ";") end print()
local f = io.popen("echo from popen") print(f:read("a"), f:close())
collectgarbage() print(os.execute("exit 3"))
`

const sqliteScript = `create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) insert into t select i, hex(i * i), i / 7.0 from n;
create index ib on t(b);
select count(*), sum(a), round(sum(c), 3), min(b), max(b) from t;
select * from t where b like '%FF%' order by a limit 3;
begin; delete from t where a % 2; rollback;
begin; delete from t where a % 3 = 0; commit;
select count(*) from t; pragma integrity_check; pragma journal_mode = wal;
update t set c = a * 2 where a < 100; select sum(c) from t where a < 100; vacuum;
.mode csv
select * from t limit 3;
select nosuch from t;
`
