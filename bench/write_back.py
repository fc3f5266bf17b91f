"""Pages that a server has given to the kernel go to the disk soon, not half a minute later all at once."""

import ctypes
import os
import threading

INTERVAL = 1  # second
LARGE = 1 << 20  # bytes; smaller files cannot keep the disk busy
SYNC_FILE_RANGE_WRITE = 2  # linux/fs.h: begin to write what is dirty; nobody is waited for

_libc = ctypes.CDLL(None, use_errno=True)
_libc.sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]


class WriteBack(threading.Thread):
    """For the large files of PostgreSQL's databases; what `vm.dirty_background_bytes` does for a whole machine."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self._folder = folder
        self._ended = threading.Event()

    def run(self):
        while not self._ended.wait(INTERVAL):
            for database in os.scandir(self._folder):
                for file in os.scandir(database):
                    _begin_to_write(file)

    def end(self):
        self._ended.set()
        self.join()


def _begin_to_write(entry):
    try:
        if entry.stat().st_size < LARGE:
            return
        file = os.open(entry, os.O_RDONLY)
    except FileNotFoundError:  # gone since it was listed
        return
    try:
        if _libc.sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE) != 0:
            raise OSError(ctypes.get_errno(), "sync_file_range", entry.path)
    finally:
        os.close(file)
