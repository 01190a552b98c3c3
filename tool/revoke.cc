#include "tool/revoke.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <cstdio>

#include "challenge/base64url.h"
#include "challenge/clearance.h"
#include "challenge/concat.h"
#include "service/clearance_id_text.h"

namespace stile {
namespace {

constexpr std::size_t kIdAt = 4;  // In a clearance; docs/wire-format.md.

std::string TextOf(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_string() ? std::string(value->as_string().c_str()) : "";
}

int List(const ControlClient& client) {
  const auto answer = client.Ask("GET", "/revocations");
  if (!answer) return 1;
  if (answer->status != 200) {
    PrintRefusal(*answer);
    return 1;
  }
  const auto* list = answer->body.if_contains("revocations");
  if (list == nullptr || !list->is_array()) return 1;
  for (const boost::json::value& entry : list->as_array()) {
    if (!entry.is_object()) continue;
    const boost::json::object& object = entry.as_object();
    std::printf("%s until %s, by %s since %s\n", TextOf(object, "id").c_str(),
                TextOf(object, "until").c_str(), TextOf(object, "by").c_str(),
                TextOf(object, "since").c_str());
  }
  return 0;
}

int Order(const ControlClient& client, const std::string& id, const RevokeOptions& options) {
  std::string form = Concat("id=", id);
  if (!options.period.empty()) form += Concat("&for=", options.period);
  if (options.undo) form += "&undo=true";
  const auto answer = client.Ask("POST", "/revoke", form);
  if (!answer) return 1;
  if (answer->status != 200) {
    PrintRefusal(*answer);
    return 1;
  }
  if (options.undo) {
    std::printf("%s: counts again\n", id.c_str());
    return 0;
  }
  std::printf("%s: revoked until %s\n", id.c_str(), TextOf(answer->body, "until").c_str());
  const std::string warning = TextOf(answer->body, "warning");
  if (!warning.empty()) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  return 0;
}

}  // namespace

std::vector<std::string> ClearanceIdsIn(std::string_view text) {
  if (const auto id = ParseIdText(text)) return {IdText(*id)};
  text.remove_prefix(std::min(text.find('=') + 1, text.size()));  // npos + 1 is 0.
  std::vector<std::string> ids;
  while (!text.empty()) {
    const std::string_view token = text.substr(0, text.find('.'));
    text.remove_prefix(std::min(token.size() + 1, text.size()));
    SealedClearance sealed;
    std::array<std::uint8_t, Clearance::kSize> bytes{};
    if (sealed.Parse(token) != TokenShape::kWellFormed) continue;
    if (!DecodeBase64Url(token, bytes)) continue;
    TokenId id;
    std::copy_n(bytes.begin() + kIdAt, id.size(), id.begin());
    ids.push_back(IdText(id));
  }
  return ids;
}

int RunRevoke(const RevokeOptions& options) {
  if (options.list != options.clearance.empty() || (options.list && options.undo) ||
      (options.undo && !options.period.empty())) {
    std::fputs("name a clearance, or ask for --list; --undo goes without --for\n", stderr);
    return 2;
  }
  if (options.period.find_first_of("&=") != std::string::npos) {
    std::fputs("--for takes a time such as 1d\n", stderr);
    return 2;
  }
  const std::vector<std::string> ids = ClearanceIdsIn(options.clearance);
  if (!options.list && ids.empty()) {
    std::fputs(
        "this is neither an id (32 hexadecimal digits) nor a clearance: `stile inspect` shows what "
        "it is\n",
        stderr);
    return 2;
  }
  const auto client = ControlClient::Create(options.control);
  if (!client) return 1;
  if (options.list) return List(*client);
  int status = 0;
  for (const std::string& id : ids) status = std::max(status, Order(*client, id, options));
  return status;
}

}  // namespace stile
