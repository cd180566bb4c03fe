# needs: memcached python3
set -e
memcached -u "$(id -un)" -s "$PWD/s" -t 4 -m 32 &
p=$!
i=0; until [ -S s ]; do i=$((i+1)); [ $i -lt 200 ]; sleep 0.1; done
/usr/bin/python3 - <<'END'
import socket, threading
def work(n):
    s = socket.socket(socket.AF_UNIX); s.connect("s"); f = s.makefile("rwb")
    for i in range(300):
        v = b"x" * (i * 13 % 3000)
        f.write(b"set k%d-%d 0 0 %d\r\n" % (n, i, len(v)) + v + b"\r\n"); f.flush(); assert f.readline() == b"STORED\r\n"
        f.write(b"get k%d-%d\r\n" % (n, i)); f.flush()
        assert f.readline().startswith(b"VALUE"); assert f.read(len(v) + 2) == v + b"\r\n"; assert f.readline() == b"END\r\n"
ts = [threading.Thread(target=work, args=(n,)) for n in range(8)]
[t.start() for t in ts]; [t.join() for t in ts]; print("stored and read")
END
kill $p; wait $p || true; echo ended
