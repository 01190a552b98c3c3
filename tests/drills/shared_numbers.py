"""What a drill tells a preloaded library while it runs."""

import mmap
import struct
import tempfile


class Numbers:
    """64-bit numbers in a file that a preloaded library maps."""

    def __init__(self, count):
        self._file = tempfile.NamedTemporaryFile(prefix="drill-")
        self._file.write(bytes(8 * count))
        self._file.flush()
        self.path = self._file.name
        self._map = mmap.mmap(self._file.fileno(), 8 * count)

    def __setitem__(self, index, value):
        struct.pack_into("<q", self._map, 8 * index, value)

    def __getitem__(self, index):
        return struct.unpack_from("<q", self._map, 8 * index)[0]
