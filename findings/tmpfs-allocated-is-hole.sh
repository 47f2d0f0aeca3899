#!/bin/sh
# tmpfs: lseek(SEEK_DATA) says "hole" of pages that fallocate(2) has allocated, until somebody touches them.
# A read through a mapping is enough to make one data, although no byte was written. st_blocks counts it all along.
# Seen: Linux 6.18, tmpfs, by Python's calls alone. Expected: data once there is a page.
#   allocated: 4 pages allocated, data: none; one page read: 4 pages allocated, data: pages 1 to 2
# Needs python3, and a tmpfs at /dev/shm.
set -eu
command -v python3 >/dev/null || { echo 'install python3' >&2; exit 2; }
[ "$(stat -f -c %T /dev/shm)" = tmpfs ] || { echo 'mount a tmpfs at /dev/shm' >&2; exit 2; }
folder=$(mktemp -d /dev/shm/finding.XXXXXX)
trap 'rm -rf "$folder"' EXIT
seen=$(python3 - "$folder/file" <<'PYTHON'
import errno, mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
page = mmap.PAGESIZE
os.posix_fallocate(fd, 0, 4 * page)

def say(what):
    blocks = os.fstat(fd).st_blocks * 512 // page
    try:
        begin = os.lseek(fd, 0, os.SEEK_DATA)
        data = f'pages {begin // page} to {os.lseek(fd, begin, os.SEEK_HOLE) // page}'
    except OSError as error:
        data = 'none' if error.errno == errno.ENXIO else str(error)
    print(f'{what}: {blocks} pages allocated, data: {data}')

say('allocated')
mapped = mmap.mmap(fd, 4 * page)
assert mapped[page] == 0
say('one page read')
PYTHON
)
echo "Linux $(uname -r)"
echo "$seen"
[ "$seen" = 'allocated: 4 pages allocated, data: none
one page read: 4 pages allocated, data: pages 1 to 2' ] || { echo 'the behaviour has changed' >&2; exit 1; }
