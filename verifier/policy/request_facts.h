#ifndef STILE_VERIFIER_POLICY_REQUEST_FACTS_H_
#define STILE_VERIFIER_POLICY_REQUEST_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verifier/policy/host_set.h"
#include "verifier/policy/path_form.h"
#include "verifier/policy/user_agent_set.h"
#include "verifier/request.h"

namespace stile {

// What rules ask about one request, each found out when it is first asked. Lives on the stack for
// the time of one match; borrows the request. Does not allocate.
class RequestFacts {
 public:
  // `methods` are those that the policy names, at most 64.
  RequestFacts(const Request& request, const std::vector<std::string>& methods) noexcept
      : request_(request), methods_(methods) {}
  RequestFacts(const RequestFacts&) = delete;
  RequestFacts& operator=(const RequestFacts&) = delete;

  [[nodiscard]] const PathForm& path() noexcept {
    if (!path_) path_ = FormOfPath(request_.target, path_buffer_);
    return *path_;
  }
  [[nodiscard]] const ReversedHost& host() noexcept {
    if (!host_) host_.emplace(request_.host);
    return *host_;
  }
  [[nodiscard]] const UserAgentPairs& user_agent() noexcept {
    if (!user_agent_) user_agent_.emplace(request_.user_agent);
    return *user_agent_;
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
  [[nodiscard]] const std::optional<IpAddress>& address() const noexcept {
    return request_.address;
  }

 private:
  const Request& request_;
  const std::vector<std::string>& methods_;
  std::optional<PathForm> path_;
  std::optional<ReversedHost> host_;
  std::optional<UserAgentPairs> user_agent_;
  std::optional<std::uint64_t> method_;
  PathBuffer path_buffer_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_REQUEST_FACTS_H_
