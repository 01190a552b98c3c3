#include "tool/control_client.h"

#include <absl/status/status.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <utility>

#include "service/boot.h"
#include "tool/http_client.h"

namespace stile {
namespace {

constexpr std::chrono::seconds kGlance{10};

std::optional<ControlAnswer> AnswerOf(const absl::StatusOr<HttpAnswer>& fetched) {
  if (!fetched.ok()) return std::nullopt;
  boost::json::error_code failure;
  const boost::json::value value = boost::json::parse(
      boost::json::string_view(fetched->body.data(), fetched->body.size()), failure);
  if (failure || !value.is_object()) return std::nullopt;
  return ControlAnswer{fetched->status, value.as_object(), fetched->body};
}

const char* AdviceFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return "stiled does not run, or its configuration names another socket";
    case absl::StatusCode::kPermissionDenied:
      return "only stiled's own user and root may talk to it: use sudo";
    default:
      return "stiled does not answer there";
  }
}

}  // namespace

std::optional<ControlClient> ControlClient::Create(const ControlOptions& options) {
  std::string socket = options.socket;
  if (socket.empty()) socket = FindControlSocket(options.config);
  if (socket.empty()) {
    std::fprintf(stderr,
                 "%s names no control socket: add [control] with socket = "
                 "\"/run/stile/control.sock\" and restart, or name one with --socket\n",
                 options.config.c_str());
    return std::nullopt;
  }
  return ControlClient(std::move(socket));
}

std::optional<ControlAnswer> ControlClient::Ask(std::string_view method, std::string_view target,
                                                std::string_view body,
                                                std::chrono::seconds timeout) const {
  const auto fetched = FetchLocal(method, socket_, target, body, timeout);
  auto answer = AnswerOf(fetched);
  if (answer) return answer;
  if (fetched.ok()) {
    std::fprintf(stderr, "%s: the answer is not stiled's\n", socket_.c_str());
  } else {
    std::fprintf(stderr, "%s: %s\n", std::string(fetched.status().message()).c_str(),
                 AdviceFor(fetched.status()));
  }
  return std::nullopt;
}

std::optional<ControlAnswer> ControlClient::AskQuietly(std::string_view method,
                                                       std::string_view target) const {
  return AnswerOf(FetchLocal(method, socket_, target, {}, kGlance));
}

void PrintRefusal(const ControlAnswer& answer) {
  const auto* errors = answer.body.if_contains("errors");
  const auto* list = errors == nullptr ? nullptr : errors->if_array();
  if (list == nullptr || list->empty()) {
    std::fprintf(stderr, "refused with status %d\n", answer.status);
    return;
  }
  for (const boost::json::value& error : *list) {
    if (const auto* text = error.if_string()) std::fprintf(stderr, "%s\n", text->c_str());
  }
}

}  // namespace stile
