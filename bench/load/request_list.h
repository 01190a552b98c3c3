#ifndef STILE_BENCH_LOAD_REQUEST_LIST_H_
#define STILE_BENCH_LOAD_REQUEST_LIST_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stile::bench {

// The bytes that a load consists of, made before it begins: one request, or one for each value that
// takes the place of "@VALUE@" in it.
class RequestList {
 public:
  // Ends the process with a message if there is no request, or if values have no place in it.
  RequestList(std::string_view request, const std::vector<std::string>& values);

  [[nodiscard]] std::string_view Next() noexcept {
    const std::string& request = requests_[next_];
    if (++next_ == requests_.size()) next_ = 0;
    return request;
  }
  [[nodiscard]] std::size_t size() const noexcept { return requests_.size(); }
  [[nodiscard]] std::size_t bytes_each() const noexcept { return requests_.front().size(); }

 private:
  std::vector<std::string> requests_;
  std::size_t next_ = 0;
};

// The lines of a file that are not empty. Ends the process with a message if it can't be read.
[[nodiscard]] std::vector<std::string> ReadLines(const std::string& path);
[[nodiscard]] std::string ReadWhole(const std::string& path);

// Says why on stderr and ends the process with status 1.
[[noreturn]] void EndRun(const std::string& why);

}  // namespace stile::bench

#endif  // STILE_BENCH_LOAD_REQUEST_LIST_H_
