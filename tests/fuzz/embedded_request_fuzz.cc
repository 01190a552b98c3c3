// A whole request as a program that embeds Stile hands it over:
//
//   <a digit: 1 https, 2 an IPv6 client, 4 pinned to a site> <method> <target> <host>\n
//   <name>:<value>\n       for each header field
//   \n
//   <body>
//
// Whatever the bytes, it is decided about and answered, and the answer can be sent. Only a
// clearance that was sealed is found valid.

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "capi/stile.h"
#include "tests/fuzz/fuzz_site.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

constexpr std::string_view kToml = R"(
[[site]]
name = "main"
hosts = ["*"]
policy = "policy.toml"
[[site]]
name = "shop"
hosts = ["shop.example"]
[keys]
file = "keys.toml"
[budgets]
clearances = 64
cleared_prefixes = 64
uncleared_prefixes = 64
uncleared_rings = 64
)";
// Without budgets, so that a request gets the same again.
constexpr std::string_view kPolicy = R"(
[budgets]
cleared_prefix = "none"
uncleared_prefix = "none"
uncleared_ring = "none"
[level.wait]
budget = "none"
[level.light]
budget = "none"
[level.standard]
budget = "none"
[[rule]]
name = "open"
path = ["/open", "/open/*"]
action = "allow"
[[rule]]
name = "closed"
path = ["/closed"]
action = "deny"
[[rule]]
name = "api"
header = { name = "X-Api", equals = ["yes"] }
query = { name = "q", contains = ["x"] }
action = "allow"
[[rule]]
name = "strict"
path = ["/strict"]
action = "challenge"
level = "standard"
)";
// Of fuzz_site.h.
constexpr std::string_view kKeys =
    "[[key]]\nid = 1\nsecret = \"AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09o\"\n"
    "sign_from = 2026-01-01T00:00:00Z\n";

stile_str Given(std::string_view text) { return {text.data(), text.size()}; }
std::string_view Seen(const stile_str& text) {
  return text.size == 0 ? std::string_view() : std::string_view(text.data, text.size);
}

stile_worker* MakeWorker() {
  const std::array<stile_file, 3> files = {{{Given("stile.toml"), Given(kToml)},
                                            {Given("policy.toml"), Given(kPolicy)},
                                            {Given("keys.toml"), Given(kKeys)}}};
  stile_config config{};
  config.struct_size = sizeof config;
  config.files = files.data();
  config.file_count = files.size();
  stile_engine_options options{};
  options.struct_size = sizeof options;
  options.now_ms = FuzzSite::Get().now.value;
  std::array<char, 4096> text{};
  stile_report report{};
  report.struct_size = sizeof report;
  report.text = text.data();
  report.text_room = text.size();
  stile_engine* engine = nullptr;
  stile_worker* worker = nullptr;
  const stile_status status = stile_engine_new(&config, &options, &report, &engine);
  if (status != STILE_OK) Require(false, text.data(), __LINE__);
  STILE_REQUIRE(stile_worker_new(engine, &worker) == STILE_OK);
  return worker;
}

stile_worker* TheWorker() {
  static stile_worker* const worker = MakeWorker();
  return worker;
}

std::string_view TakeUntil(std::string_view& text, char stop) {
  const std::size_t end = std::min(text.find(stop), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

struct Input {
  stile_request request{};
  std::vector<stile_field> fields;
  std::string_view body;

  explicit Input(std::string_view text) {
    request.struct_size = sizeof request;
    std::string_view line = TakeUntil(text, '\n');
    const std::string_view digit = TakeUntil(line, ' ');
    const unsigned flags = digit.empty() ? 0 : static_cast<unsigned char>(digit[0]) - '0';
    request.flags = (flags & 1) != 0 ? STILE_REQUEST_HTTPS : 0;
    // A family that is none is the caller's mistake.
    request.address_family = digit.size() > 1 ? 5 : (flags & 2) != 0 ? 6 : 4;
    const std::array<std::uint8_t, 16> v6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0,
                                             0,    0, 0,   0,    0, 0, 0, 7};
    const std::array<std::uint8_t, 4> v4 = {192, 0, 2, 7};
    if (request.address_family == 6) std::memcpy(request.address, v6.data(), v6.size());
    if (request.address_family == 4) std::memcpy(request.address, v4.data(), v4.size());
    request.site = (flags & 4) != 0 ? stile_site_id(Given("shop")) : 0;
    request.method = Given(TakeUntil(line, ' '));
    request.target = Given(TakeUntil(line, ' '));
    request.host = Given(line);
    while (!text.empty()) {
      line = TakeUntil(text, '\n');
      if (line.empty()) break;
      const std::string_view name = TakeUntil(line, ':');
      fields.push_back({Given(name), Given(line)});
    }
    request.fields = fields.data();
    request.field_count = fields.size();
    body = text;
  }
};

bool IsVisible(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 32 || c == 127; });
}

void RequireSame(const stile_decision& a, const stile_decision& b) {
  STILE_REQUIRE(a.action == b.action && a.verdict == b.verdict && a.flags == b.flags);
  STILE_REQUIRE(a.rank_held == b.rank_held && a.rank_needed == b.rank_needed);
  STILE_REQUIRE(a.body_limit == b.body_limit && a.site == b.site);
  STILE_REQUIRE(Seen(a.rule) == Seen(b.rule) && Seen(a.level) == Seen(b.level));
}

void RequireDecision(const Input& input, const stile_decision& decision) {
  STILE_REQUIRE(decision.action > STILE_ACTION_ERROR && decision.action <= STILE_ACTION_SERVE);
  STILE_REQUIRE(decision.verdict >= 0 && decision.verdict <= STILE_VERDICT_REVOKED);
  STILE_REQUIRE(decision.site < 2);
  STILE_REQUIRE(Seen(decision.rule).empty() == (decision.action == STILE_ACTION_SERVE));
  STILE_REQUIRE(decision.body_limit == 0 || decision.action == STILE_ACTION_SERVE);
  const bool is_limit = Seen(decision.rule) == "_limit";
  STILE_REQUIRE(is_limit == (input.fields.size() > STILE_MAX_FIELDS));
  if (is_limit) STILE_REQUIRE(decision.action == STILE_ACTION_DENY);
  int32_t own = -1;
  STILE_REQUIRE(stile_is_own(TheWorker(), &input.request, &own) == STILE_OK);
  if (!is_limit) STILE_REQUIRE((own == 1) == (decision.action == STILE_ACTION_SERVE));
  if (decision.rank_held == 0) return;
  const FuzzSite& site = FuzzSite::Get();
  std::vector<std::string_view> sealed = {site.clearance, site.clearance_high, site.clearance_ipv6};
  sealed.insert(sealed.end(), site.minted.begin(), site.minted.end());
  STILE_REQUIRE(std::any_of(sealed.begin(), sealed.end(), [&](std::string_view token) {
    return std::any_of(input.fields.begin(), input.fields.end(), [&](const stile_field& field) {
      return Seen(field.value).find(token) != std::string_view::npos;
    });
  }));
  Reach("valid clearance");
}

void RequireAnswer(const stile_answer& answer, const stile_decision& decision) {
  STILE_REQUIRE((answer.status == 0) == (decision.action == STILE_ACTION_ALLOW));
  STILE_REQUIRE(answer.field_count <= STILE_MAX_ANSWER_FIELDS);
  bool sets_cookie = false;
  for (std::uint32_t i = 0; i < answer.field_count; ++i) {
    const std::string_view name = Seen(answer.fields[i].name);
    STILE_REQUIRE(!name.empty() && IsVisible(name) && IsVisible(Seen(answer.fields[i].value)));
    sets_cookie = sets_cookie || name == "Set-Cookie";
  }
  if (answer.status == 0) return;
  STILE_REQUIRE(answer.status >= 200 && answer.status <= 599);
  if (sets_cookie) STILE_REQUIRE(decision.action == STILE_ACTION_SERVE);
  if (sets_cookie) Reach("redeemed");

  std::size_t size = 0;
  STILE_REQUIRE(stile_answer_write(&answer, 0, nullptr, 0, &size) == STILE_ERR_NO_ROOM);
  std::string message(size, '\0');
  STILE_REQUIRE(stile_answer_write(&answer, 0, message.data(), size, &size) == STILE_OK);
  STILE_REQUIRE(message.starts_with("HTTP/1.1 ") && message.size() == size);
  const std::size_t head = message.find("\r\n\r\n");
  STILE_REQUIRE(head != std::string::npos && message.substr(head + 4) == Seen(answer.body));
  std::string memory;
  stile_answer copy{};
  copy.struct_size = sizeof copy;
  STILE_REQUIRE(stile_answer_copy(&answer, nullptr, 0, &size, &copy) == STILE_ERR_NO_ROOM);
  memory.resize(size);
  STILE_REQUIRE(stile_answer_copy(&answer, memory.data(), size, &size, &copy) == STILE_OK);
  std::string again(message.size(), '\0');
  STILE_REQUIRE(stile_answer_write(&copy, 0, again.data(), again.size(), &size) == STILE_OK);
  STILE_REQUIRE(again == message);
}

// What goes on to the origin.
void RequireStripped(const Input& input) {
  for (const stile_field& field : input.fields) {
    std::string out(field.value.size, '\0');
    std::size_t size = 0;
    STILE_REQUIRE(stile_strip_clearance(TheWorker(), &input.request, field.value, out.data(),
                                        out.size(), &size) == STILE_OK);
    STILE_REQUIRE(size <= out.size());
  }
}

}  // namespace

void FuzzEmbeddedRequest(FuzzInput bytes) {
  const Input input(TextOf(bytes));
  const std::int64_t now = FuzzSite::Get().now.value;
  stile_decision decision{};
  decision.struct_size = sizeof decision;
  const stile_status status = stile_decide(TheWorker(), &input.request, now, &decision);
  if (input.request.address_family == 5) {
    STILE_REQUIRE(status == STILE_ERR_INVALID_ARGUMENT && decision.action == STILE_ACTION_ERROR);
    return Reach("wrong family");
  }
  STILE_REQUIRE(status == STILE_OK);
  RequireDecision(input, decision);

  const std::array<stile_request, 2> requests = {input.request, input.request};
  std::array<stile_decision, 2> decisions{};
  decisions[0].struct_size = sizeof decisions[0];
  STILE_REQUIRE(stile_decide_many(TheWorker(), requests.data(), 2, now, decisions.data()) ==
                STILE_OK);
  RequireSame(decision, decisions[0]);
  RequireSame(decision, decisions[1]);
  RequireStripped(input);
  stile_str cookie{};
  STILE_REQUIRE(stile_renew(TheWorker(), &input.request, &decision, now, &cookie) == STILE_OK);
  STILE_REQUIRE(cookie.size == 0 || decision.action == STILE_ACTION_ALLOW);

  stile_answer answer{};
  answer.struct_size = sizeof answer;
  const std::string_view body = input.body.substr(0, decision.body_limit);
  STILE_REQUIRE(stile_respond(TheWorker(), &input.request, &decision, Given(body), now, &answer) ==
                STILE_OK);
  RequireAnswer(answer, decision);
  const bool is_limit = Seen(decision.rule) == "_limit";
  constexpr std::array kReached = {"", "allowed", "challenged", "denied", "served"};
  Reach(is_limit ? "over the limits" : kReached[static_cast<std::size_t>(decision.action)]);
  STILE_REQUIRE(stile_siteverify(TheWorker(), 0, Given("application/json"), Given(body), now,
                                 &answer) == STILE_OK);
}

}  // namespace stile
