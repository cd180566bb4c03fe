# needs: go gcc
# long
set -e
export GOCACHE=$PWD/cache GOPATH=$PWD/path
mkdir m; cd m
cat >go.mod <<'END'
module example.test/m

go 1.22
END
cat >main.go <<'END'
package main

import (
	"fmt"
	"sort"
	"strings"

	"example.test/m/part"
)

func main() {
	w := strings.Fields("the quick brown fox")
	sort.Strings(w)
	fmt.Println(w, part.Sum(10))
}
END
mkdir part; printf 'package part\n\nfunc Sum(n int) (s int) {\n\tfor i := range n {\n\t\ts += i\n\t}\n\treturn\n}\n' >part/part.go
printf 'package part\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n\tif Sum(4) != 6 {\n\t\tt.Fatal(Sum(4))\n\t}\n}\n' >part/part_test.go
"$GOROOT"/bin/go build -o prog . && ./prog
"$GOROOT"/bin/go vet ./... && echo vetted
"$GOROOT"/bin/go test ./... | awk '{print $1, $2}'
