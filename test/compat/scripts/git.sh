# needs: git
set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
git init -q -b main one; cd one
i=0; while [ $i -lt 30 ]; do echo "line $i" >>file; mkdir -p d$((i%5)); echo $i >d$((i%5))/f$i; git add -A; git commit -q -m "commit $i"; i=$((i+1)); done
git log --oneline | wc -l; git rev-parse HEAD
git checkout -q -b side HEAD~5; echo side >side; git add side; git commit -q -m side; git checkout -q main; git merge -q -m merge side; git rev-parse HEAD
cd ..; git clone -q one two; git clone -q --bare one three.git
cd two; git log --format=%s | head -n 3; echo more >>file; git commit -q -a -m more; git push -q origin HEAD:refs/heads/pushed; cd ..
cd one; git gc -q --aggressive; git fsck --no-progress; git count-objects -v | grep -E '^(count|packs|garbage)'; git branch | cat
git bundle create -q ../b.bundle main; git archive HEAD | tar t | wc -l; git stash list | wc -l; git grep -c 'line 1' | cat
cd ..; git clone -q b.bundle four -b main; cd four; git rev-parse HEAD
