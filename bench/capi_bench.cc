// What the C ABI adds: the same requests through an engine of C++ and through stile.h, by the same
// policy, with budgets that never end.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/fixture.h"
#include "capi/stile.h"
#include "challenge/base64url.h"
#include "challenge/key_ring.h"
#include "engine/engine.h"
#include "engine/engine_slot.h"
#include "verifier/policy/policy_file.h"
#include "verifier/tables/tables.h"

namespace stile::bench {
namespace {

constexpr std::string_view kConfig =
    "[[site]]\nname = \"main\"\nhosts = [\"*\"]\npolicy = \"policy.toml\"\n"
    "[keys]\nfile = \"keys.toml\"\n";
constexpr std::string_view kPolicy = R"(
[level.light]
budget = "none"
[budgets]
cleared_prefix = "none"
uncleared_prefix = "none"
uncleared_ring = "none"
[[rule]]
name = "open"
path = ["/open/*"]
action = "allow"
[[rule]]
name = "everybody"
path = ["/*"]
action = "challenge"
level = "light"
)";

// The fixture's key as a key file.
std::string KeyFile() {
  std::array<std::uint8_t, 32> secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i * 7 + 1);
  return "[[key]]\nid = 1\nsecret = \"" + EncodeBase64Url(secret) +
         "\"\nsign_from = 2026-01-01T00:00:00Z\n";
}

stile_str Text(std::string_view text) { return {text.data(), text.size()}; }

// An engine and a worker of the C ABI; null where they can't be made.
class Embedded {
 public:
  Embedded() {
    const std::string keys = KeyFile();
    const stile_file files[] = {{Text("stile.toml"), Text(kConfig)},
                                {Text("policy.toml"), Text(kPolicy)},
                                {Text("keys.toml"), Text(keys)}};
    stile_config config{};
    config.struct_size = sizeof config;
    config.files = files;
    config.file_count = 3;
    stile_engine_options options{};
    options.struct_size = sizeof options;
    options.now_ms = kNow.value;
    if (stile_engine_new(&config, &options, nullptr, &engine_) != STILE_OK) return;
    if (stile_worker_new(engine_, &worker_) != STILE_OK) worker_ = nullptr;
  }
  ~Embedded() {
    stile_worker_free(worker_);
    stile_engine_free(engine_);
  }
  Embedded(const Embedded&) = delete;
  Embedded& operator=(const Embedded&) = delete;

  [[nodiscard]] stile_worker* worker() const { return worker_; }

 private:
  stile_engine* engine_ = nullptr;
  stile_worker* worker_ = nullptr;
};

// A request of the fixture as a proxy hands it over, with another Cookie field each time.
class Handed {
 public:
  explicit Handed(const Request& request) {
    for (const RequestField& field : request.fields) {
      if (field.name == "Cookie") cookie_ = fields_.size();
      fields_.push_back({Text(field.name), Text(field.value)});
    }
    handed_.struct_size = sizeof handed_;
    handed_.method = Text(request.method);
    handed_.target = Text(request.target);
    handed_.host = Text(request.host);
    handed_.fields = fields_.data();
    handed_.field_count = fields_.size();
    handed_.address_family = request.address->is_v6() ? 6 : 4;
    std::memcpy(handed_.address, request.address->bytes().data(), sizeof handed_.address);
  }
  [[nodiscard]] const stile_request& With(std::string_view cookie) {
    fields_[cookie_].value = Text(cookie);
    return handed_;
  }

 private:
  std::vector<stile_field> fields_;
  std::size_t cookie_ = 0;
  stile_request handed_{};
};

void Capi(benchmark::State& state, Fixture::Kind kind, std::int32_t expected) {
  const Fixture& fixture = Fixture::Get();
  const Embedded embedded;
  if (embedded.worker() == nullptr) return state.SkipWithError("no engine");
  Handed request(fixture.request(kind, 0));
  stile_decision decision{};
  decision.struct_size = sizeof decision;
  std::size_t at = 0;
  for (auto _ : state) {
    const stile_status status = stile_decide(
        embedded.worker(), &request.With(fixture.cookie(kind, at++)), kNow.value, &decision);
    if (status != STILE_OK || decision.action != expected) {
      state.SkipWithError("another action than expected");
      break;
    }
  }
}
BENCHMARK_CAPTURE(Capi, Cleared, Fixture::Kind::kValid, STILE_ACTION_ALLOW);
BENCHMARK_CAPTURE(Capi, Uncleared, Fixture::Kind::kAbsent, STILE_ACTION_CHALLENGE);

// The floor of the two above: the engine itself, with a request whose fields are picked already.
void InCpp(benchmark::State& state, Fixture::Kind kind, Action expected) {
  auto source = ParsePolicyFile(kPolicy, "policy.toml");
  auto tables = Tables::Private({});
  if (!source || !tables) return state.SkipWithError("no policy or tables");
  auto policy = Policy::Compile(*std::move(source));
  auto redeems = (*tables)->MakeRedeemTables({});
  if (!policy || !redeems) return state.SkipWithError("no policy or tables");
  EngineOptions options;
  options.sites.emplace_back().policy = *policy;
  options.budgets = (*tables)->budgets();
  auto engine = Engine::Create(std::move(options), Fixture::Get().ring(), *redeems);
  if (!engine) return state.SkipWithError("no engine");
  EngineSlot slot(*std::move(engine));
  const std::unique_ptr<Worker> worker = slot.NewWorker();
  Presented requests(kind);
  for (auto _ : state) {
    const Request& request = requests.Next();
    const Engine& entered = slot.Enter(*worker);
    if (entered.Decide(request, kNow, *worker).action != expected) {
      state.SkipWithError("another action than expected");
      break;
    }
  }
}
BENCHMARK_CAPTURE(InCpp, Cleared, Fixture::Kind::kValid, Action::kAllow)->Name("Engine/Cleared");
BENCHMARK_CAPTURE(InCpp, Uncleared, Fixture::Kind::kAbsent, Action::kChallenge)
    ->Name("Engine/Uncleared");

// A challenge page: decided and built.
void CapiPage(benchmark::State& state) {
  const Fixture& fixture = Fixture::Get();
  const Embedded embedded;
  if (embedded.worker() == nullptr) return state.SkipWithError("no engine");
  Handed request(fixture.request(Fixture::Kind::kAbsent, 0));
  stile_decision decision{};
  decision.struct_size = sizeof decision;
  stile_answer answer{};
  answer.struct_size = sizeof answer;
  std::size_t at = 0;
  for (auto _ : state) {
    const stile_request& handed = request.With(fixture.cookie(Fixture::Kind::kAbsent, at++));
    if (stile_decide(embedded.worker(), &handed, kNow.value, &decision) != STILE_OK ||
        stile_respond(embedded.worker(), &handed, &decision, {nullptr, 0}, kNow.value, &answer) !=
            STILE_OK ||
        answer.status != 403 || answer.body.size < 1'000) {
      state.SkipWithError("no page");
      break;
    }
  }
}
BENCHMARK(CapiPage)->Name("Capi/Page");

}  // namespace
}  // namespace stile::bench
