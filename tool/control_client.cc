#include "tool/control_client.h"

#include <absl/status/status.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <utility>

#include "challenge/concat.h"
#include "service/boot.h"
#include "service/file_text.h"

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

// The token in the first line of a file; says on stderr why there is none.
std::optional<std::string> TokenIn(const std::string& path) {
  constexpr std::size_t kMaxFile = 4'096;
  if (path.empty()) {
    std::fputs("--control needs --token-file, which names the file that control.token_file does\n",
               stderr);
    return std::nullopt;
  }
  const auto file = ReadFile(path, kMaxFile);
  if (!file.ok()) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), std::string(file.status().message()).c_str());
    return std::nullopt;
  }
  std::string token = file->text.substr(0, file->text.find('\n'));
  if (token.ends_with('\r')) token.pop_back();
  return token;
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
  ControlClient client;
  if (!options.address.empty()) {
    const bool has_scheme = options.address.find("://") != std::string::npos;
    auto url = Url::Parse(has_scheme ? options.address : Concat("http://", options.address));
    auto token = TokenIn(options.token_file);
    if (!url.ok()) {
      std::fprintf(stderr, "--control takes an address such as 127.0.0.1:9465\n");
      return std::nullopt;
    }
    if (!token) return std::nullopt;
    client.url_ = *std::move(url);
    client.token_ = *std::move(token);
    return client;
  }
  std::string socket = options.socket;
  if (socket.empty()) socket = FindControlSocket(options.config);
  if (socket.empty()) {
    std::fprintf(stderr,
                 "%s names no control socket: add [control] with socket = "
                 "\"/run/stile/control.sock\" and restart, or name one with --socket\n",
                 options.config.c_str());
    return std::nullopt;
  }
  client.socket_ = std::move(socket);
  return client;
}

absl::StatusOr<HttpAnswer> ControlClient::Fetch(std::string_view method, std::string_view target,
                                                std::string_view body,
                                                std::chrono::seconds timeout) const {
  if (!socket_.empty()) return FetchLocal(method, socket_, target, body, timeout);
  Url url = url_;
  url.target = std::string(target);
  return stile::Fetch(method, url, {{"Authorization", Concat("Bearer ", token_)}}, body, timeout);
}

std::optional<ControlAnswer> ControlClient::Ask(std::string_view method, std::string_view target,
                                                std::string_view body,
                                                std::chrono::seconds timeout) const {
  const auto fetched = Fetch(method, target, body, timeout);
  const std::string where = socket_.empty() ? url_.Authority() : socket_;
  auto answer = AnswerOf(fetched);
  if (answer) return answer;
  if (fetched.ok()) {
    std::fprintf(stderr, "%s: the answer is not stiled's\n", where.c_str());
  } else {
    std::fprintf(stderr, "%s: %s\n", std::string(fetched.status().message()).c_str(),
                 AdviceFor(fetched.status()));
  }
  return std::nullopt;
}

std::optional<ControlAnswer> ControlClient::AskQuietly(std::string_view method,
                                                       std::string_view target) const {
  return AnswerOf(Fetch(method, target, {}, kGlance));
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
