#include "service/boot_clock.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

namespace stile {

std::string BootId() {
  const int file = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  constexpr std::size_t kSize = 36;
  std::string id(kSize, '\0');
  const ssize_t got = ::read(file, id.data(), id.size());
  ::close(file);
  const bool is_id = got == static_cast<ssize_t>(kSize) &&
                     std::all_of(id.begin(), id.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
  return is_id ? id : "";
}

}  // namespace stile
