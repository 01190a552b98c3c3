#include "service/spend_section.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "challenge/concat.h"
#include "service/config_address.h"

namespace stile {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMaxPath = 4'096;
constexpr std::size_t kMaxSocketPath = 107;
constexpr std::size_t kMaxWord = 64;
constexpr std::string_view kUnix = "unix:";

// Braces would end the part of a key that keeps all keys of a fleet on one server.
bool IsKeyPrefix(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == ':';
  });
}

void ReadAddress(TomlSection& section, RedisConfig& redis) {
  const auto text = section.String("address");
  if (!text) return;
  if (text->value.starts_with(kUnix)) {
    redis.address.is_unix = true;
    redis.address.path = text->value.substr(kUnix.size());
    if (redis.address.path.empty() || redis.address.path.size() > kMaxSocketPath) {
      section.Refuse("address", text->where, "is no socket's path of at most 107 bytes");
    }
  } else if (auto address = ParseServerAddress(text->value)) {
    redis.address = *std::move(address);
  } else {
    section.Refuse("address", text->where,
                   Concat("is \"", text->value.substr(0, 100),
                          "\": write the address and port of a Redis, such as "
                          "\"127.0.0.1:6379\", or \"unix:/run/redis/redis.sock\"; names aren't "
                          "looked up"));
  }
}

void ReadRedis(TomlSection& section, RedisConfig& redis) {
  ReadAddress(section, redis);
  if (auto user = section.Text("username", kMaxWord)) redis.username = std::move(user->value);
  if (auto file = section.Text("password_file", kMaxPath)) {
    redis.password_place = section.Place(file->where);
    redis.password_file = std::move(file->value);
  }
  if (auto prefix = section.Text("key_prefix", kMaxWord)) {
    if (IsKeyPrefix(prefix->value)) {
      redis.key_prefix = std::move(prefix->value);
    } else {
      section.Complain(prefix->where, ErrorCode::kInvalidArgument,
                       "spend.redis.key_prefix must be 1 to 64 letters, digits, '-', '_', '.' or "
                       "':'");
    }
  }
  if (const auto limit = section.Duration("timeout", milliseconds{10}, milliseconds{750})) {
    redis.timeout = *limit;
  }
  if (const auto replicas = section.Integer("wait_replicas", 0, 16)) {
    redis.wait_replicas = static_cast<std::uint32_t>(*replicas);
  }
  if (const auto limit = section.Duration("wait_timeout", milliseconds{1}, milliseconds{500})) {
    redis.wait_timeout = *limit;
  }
  if (redis.wait_replicas != 0 && redis.wait_timeout >= redis.timeout) {
    section.Complain(section.where(), ErrorCode::kInvalidArgument,
                     "spend.redis.wait_timeout is part of spend.redis.timeout: let it be shorter");
  }
  if (const auto choice = section.Choice("on_store_error", {"refuse", "local"})) {
    redis.on_store_error = static_cast<OnStoreError>(*choice);
  }
}

}  // namespace

void ReadSpendStore(TomlSection& spend, Config& config) {
  const bool merges_budgets = config.budget_merge.merging == BudgetMerging::kRedis;
  RedisConfig& redis = config.spend.redis;
  std::optional<TomlSection> section = spend.Child("redis");
  if (!section) {
    if (config.spend_backend == SpendBackend::kRedis) {
      spend.Complain(spend.where(), ErrorCode::kInvalidArgument,
                     "spend.backend is \"redis\", and nothing says where that is: add "
                     "[spend.redis] with address = \"127.0.0.1:6379\"");
    }
    return;
  }
  ReadRedis(*section, redis);
  if (!IsSet(redis.address) && section->Find("address") == nullptr) {
    section->Complain(section->where(), ErrorCode::kInvalidArgument,
                      "spend.redis has no address: add address = \"127.0.0.1:6379\"");
  }
  if (config.spend_backend != SpendBackend::kRedis && !merges_budgets) {
    section->Complain(
        section->where(), ErrorCode::kInvalidArgument,
        "[spend.redis] is for spend.backend = \"redis\" or budgets.merge = \"redis\": "
        "set one of them, or leave this section out");
  }
  section->Finish();
}

}  // namespace stile
