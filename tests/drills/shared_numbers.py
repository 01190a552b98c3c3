"""What a drill tells a preloaded library while it runs."""

import ctypes
import mmap
import tempfile


class Numbers:
    """64-bit numbers in a file that a preloaded library maps.

    Each is written by one store: `struct` would make it zero for a moment first, in which a clock
    that is days ahead is read as one that is not.
    """

    def __init__(self, count):
        self._file = tempfile.NamedTemporaryFile(prefix="drill-")
        self._file.write(bytes(8 * count))
        self._file.flush()
        self.path = self._file.name
        self._map = mmap.mmap(self._file.fileno(), 8 * count)
        self._numbers = (ctypes.c_int64 * count).from_buffer(self._map)

    def __setitem__(self, index, value):
        self._numbers[index] = value

    def __getitem__(self, index):
        return self._numbers[index]
