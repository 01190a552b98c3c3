#ifndef STILE_VERIFIER_POLICY_INDEX_REQUEST_FACTS_H_
#define STILE_VERIFIER_POLICY_INDEX_REQUEST_FACTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verifier/policy/index/path_form.h"
#include "verifier/request.h"

namespace stile {

// How much of a user agent is searched; the user-agent class reads as much.
inline constexpr std::size_t kMaxUserAgent = 512;
inline constexpr std::size_t kMaxUserAgentPattern = 256;

// What rules ask about one request, each found out when it is first asked. Lives on the stack for
// the time of one match; borrows the request. Does not allocate.
class RequestFacts {
 public:
  // `methods` are those that the policy names, at most 64.
  RequestFacts(const Request& request, const std::vector<std::string>& methods) noexcept
      : request_(request), methods_(methods) {}
  RequestFacts(const RequestFacts&) = delete;
  RequestFacts& operator=(const RequestFacts&) = delete;

  [[nodiscard]] const Request& request() const noexcept { return request_; }
  [[nodiscard]] const PathForm& path() noexcept {
    if (!path_) path_ = FormOfPath(request_.target, path_buffer_);
    return *path_;
  }
  [[nodiscard]] std::string_view user_agent() const noexcept {
    return request_.user_agent.substr(0, kMaxUserAgent);
  }
  // Bit i is set if the method is methods[i].
  [[nodiscard]] std::uint64_t method() noexcept {
    if (!method_) {
      method_ = 0;
      for (std::size_t i = 0; i < methods_.size(); ++i) {
        if (methods_[i] == request_.method) *method_ |= std::uint64_t{1} << i;
      }
    }
    return *method_;
  }

 private:
  const Request& request_;
  const std::vector<std::string>& methods_;
  std::optional<PathForm> path_;
  std::optional<std::uint64_t> method_;
  PathBuffer path_buffer_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_REQUEST_FACTS_H_
