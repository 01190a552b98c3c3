// What it costs to say no: every way in which a request is refused, from the bytes of its head to
// those of the answer, in time and in bytes sent. bench/refusal_table.py makes the table.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/fixture.h"
#include "bench/refusal_door.h"
#include "bench/solved_challenge.h"
#include "challenge/clearance.h"

namespace stile::bench {
namespace {

constexpr std::size_t kDistinct = 512;

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) std::abort();
  return text.replace(at, from.size(), to);
}

const std::string& BrowserRequest() {
  static const std::string bytes = [] {
    std::ifstream file(STILE_SOURCE_DIR "/tests/vectors/request.txt", std::ios::binary);
    std::string read{std::istreambuf_iterator<char>(file), {}};
    if (read.empty()) std::abort();
    return read;
  }();
  return bytes;
}

// The browser's request with `token` as its clearance.
std::string WithToken(std::string_view token) {
  std::string bytes = BrowserRequest();
  return bytes.replace(bytes.find("; stile=") + 8, Clearance::kTextSize, token);
}

std::string WithFixtureCookie(Fixture::Kind kind, std::size_t index) {
  const std::string_view cookie = Fixture::Get().request(kind, index).cookies[0];
  std::string bytes = WithToken(cookie.substr(cookie.size() - Clearance::kTextSize));
  return kind == Fixture::Kind::kAbsent ? Replaced(bytes, "; stile=", "; sTile=") : bytes;
}

// A clearance that nothing is wrong with, but for what `spoil` does.
std::string WithClearance(std::size_t index, const std::function<void(Clearance&)>& spoil,
                          std::string_view site = "main") {
  static std::map<std::string, std::shared_ptr<const SiteKeys>, std::less<>> all_keys;
  std::shared_ptr<const SiteKeys>& keys = all_keys[std::string(site)];
  if (!keys) {
    auto derived = Fixture::Get().ring().ForSite(site);
    if (!derived) std::abort();
    keys = *std::move(derived);
  }
  const auto now = static_cast<std::uint32_t>(kNow.Seconds());
  Clearance clearance;
  clearance.key_id = 1;
  clearance.id[0] = static_cast<std::uint8_t>(index);
  clearance.issued_at = now - 60;
  clearance.expires_at = now + 43'200;
  clearance.site_id = keys->site_id();
  clearance.rank = 2;
  clearance.puzzle = Puzzle::kSha256;
  clearance.binding = Binding::Of(Fixture::Get().client(), {});
  const HmacKey* key = keys->Find(KeyPurpose::kClearance, 1, clearance.issued_at, kNow);
  if (key == nullptr) std::abort();
  spoil(clearance);
  const ClearanceText text = SealClearance(clearance, *key);
  return WithToken({text.data(), text.size()});
}

std::string AsFetch(std::string bytes) {
  bytes = Replaced(std::move(bytes),
                   "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*");
  return Replaced(std::move(bytes), "Sec-Fetch-Mode: navigate", "Sec-Fetch-Mode: cors");
}

// What a proxy asks about the request.
std::string AsQuestion(const std::string& bytes) {
  const std::size_t target = bytes.find(' ') + 1;
  return Replaced("GET /check HTTP/1.1\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Uri: " +
                      bytes.substr(target, bytes.find(' ', target) - target) +
                      "\r\nX-Forwarded-Host: example.org\r\nX-Forwarded-Proto: http\r\n"
                      "X-Real-IP: 198.51.100.23\r\n" +
                      bytes.substr(bytes.find("\r\n") + 2),
                  "Host: example.org", "Host: stile");
}

std::string RedeemRequest(const std::string& challenge, const std::string& solution) {
  const std::string body = R"({"challenge":")" + challenge + R"(","solution":")" + solution + "\"}";
  const std::string& browser = BrowserRequest();
  const std::size_t agent = browser.find("User-Agent: ");
  return "POST /.stile/redeem HTTP/1.1\r\nHost: example.org\r\n" +
         browser.substr(agent, browser.find("\r\n", agent) - agent) +
         "\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

enum class Way { kServe, kAsk };

// One class of refusals. Of `verdict` kNone, the status alone says that it was refused as meant.
struct Case {
  std::string name;
  std::uint16_t status;
  Verdict verdict = Verdict::kNone;
  std::function<std::string(std::size_t)> request{};
  Way way = Way::kServe;
  bool redeems = false;
  std::size_t distinct = kDistinct;
  std::size_t passes = 0;  // Over all requests, until the door must forget what it has seen.
  std::size_t unseen = 0;  // Requests at first, which may be answered otherwise.
  std::size_t aside = 0;   // Of the distinct ones, those that come among the unseen alone.
  std::chrono::seconds later{0};
  std::vector<std::string> requests{};  // Made when the case is first run.
};

Refusal Once(RefusalDoor& door, const Case& one, const std::string& bytes, UnixMillis now) {
  return one.way == Way::kAsk ? door.Ask(bytes, now) : door.Serve(bytes, now);
}

std::uint64_t Counted(const RefusalDoor& door, const Case& one) {
  return one.redeems ? door.Redeemed(one.verdict) : door.Decided(one.verdict);
}

void Refuse(benchmark::State& state, Case& one) {
  std::vector<std::string>& requests = one.requests;
  for (std::size_t i = requests.size(); i < one.distinct; ++i) requests.push_back(one.request(i));
  const UnixMillis now = kNow + one.later;
  auto door = std::make_unique<RefusalDoor>();
  for (std::size_t i = 0; i < one.unseen; ++i) Once(*door, one, requests[i % one.distinct], now);
  const std::size_t forget_after = one.passes * one.distinct;
  std::uint64_t counted = Counted(*door, one);
  std::size_t i = one.unseen;
  std::uint64_t done = 0;
  Refusal refusal;
  for (auto _ : state) {
    if (forget_after != 0 && done == forget_after) {
      state.PauseTiming();
      if (Counted(*door, one) - counted != done) state.SkipWithError("another verdict");
      door = std::make_unique<RefusalDoor>();
      counted = 0;
      done = 0;
      state.ResumeTiming();
    }
    refusal = Once(*door, one, requests[one.aside + i++ % (one.distinct - one.aside)], now);
    ++done;
    if (refusal.status != one.status) {
      state.SkipWithError("another status than expected");
      break;
    }
  }
  if (one.verdict != Verdict::kNone && Counted(*door, one) - counted != done) {
    state.SkipWithError("another verdict than expected");
  }
  state.counters["bytes"] = static_cast<double>(refusal.bytes);
  state.counters["status"] = refusal.status;
}

void AddChecks(std::vector<Case>& cases) {
  using Kind = Fixture::Kind;
  const auto from_fixture = [](Kind kind) {
    return [kind](std::size_t i) { return WithFixtureCookie(kind, i); };
  };
  const auto spoilt = [](void (*spoil)(Clearance&)) {
    return [spoil](std::size_t i) { return WithClearance(i, spoil); };
  };
  const auto add = [&cases](const char* name, Verdict verdict, auto request) {
    cases.push_back({std::string("Refuse/Check/") + name, 403, verdict, request});
  };
  add("Absent", Verdict::kAbsent, from_fixture(Kind::kAbsent));
  add("Malformed", Verdict::kMalformed, from_fixture(Kind::kMalformed));
  add("WrongSite", Verdict::kWrongSite, [](std::size_t i) {
    return WithClearance(
        i, [](Clearance&) {}, "other");
  });
  add("Expired", Verdict::kExpired, from_fixture(Kind::kExpired));
  add("NotYetValid", Verdict::kNotYetValid,
      spoilt([](Clearance& clearance) { clearance.issued_at += 7'200; }));
  add("UnknownKey", Verdict::kUnknownKey,
      spoilt([](Clearance& clearance) { clearance.key_id = 9; }));
  add("Forged", Verdict::kForged, from_fixture(Kind::kForged));
  add("WrongClient", Verdict::kWrongClient, from_fixture(Kind::kWrongClient));
}

void AddRedeems(std::vector<Case>& cases) {
  const Client client = Fixture::Get().client();
  const auto make = [client](UnixMillis at) { return SolvedChallenge::Make(client, at); };
  const auto add = [&cases](const char* name, std::uint16_t status, Verdict verdict, auto request) {
    Case one{std::string("Refuse/Redeem/") + name, status, verdict, request};
    one.redeems = true;
    one.later = std::chrono::seconds{2};
    cases.push_back(one);
    return &cases.back();
  };
  add("Malformed", 403, Verdict::kMalformed,
      [](std::size_t) { return RedeemRequest("AAAA", "1.0"); });
  add("Expired", 403, Verdict::kExpired, [make](std::size_t) {
    const SolvedChallenge made = make(kNow - std::chrono::hours{1});
    return RedeemRequest(made.challenge, made.solution);
  });
  add("Forged", 403, Verdict::kForged, [make](std::size_t) {
    const SolvedChallenge made = make(kNow);
    return RedeemRequest(made.forged, made.solution);
  });
  add("WrongClient", 403, Verdict::kWrongClient, [client](std::size_t) {
    Client other = client;
    other.address = IpAddress::Parse("203.0.113.9");
    const SolvedChallenge made = SolvedChallenge::Make(other, kNow);
    return RedeemRequest(made.challenge, made.solution);
  });
  add("TooEarly", 403, Verdict::kTooEarly, [make](std::size_t) {
    const SolvedChallenge made = make(kNow);
    return RedeemRequest(made.challenge, made.waited);
  });
  const auto unsolved = [make](std::size_t) {
    const SolvedChallenge made = make(kNow);
    return RedeemRequest(made.challenge, made.unsolved);
  };
  add("Unsolved", 403, Verdict::kUnsolved, unsolved)->passes = 3;
  Case* tried = add("TooManyTries", 403, Verdict::kTooManyTries, unsolved);
  tried->distinct = 64;
  tried->unseen = 3 * tried->distinct;
  Case* limited = add("Limited", 429, Verdict::kLimited, [make](std::size_t) {
    const SolvedChallenge made = make(kNow);
    return RedeemRequest(made.challenge, made.waited);
  });
  // Ten waits of this prefix are let through, and their challenges not met again.
  limited->later = std::chrono::seconds{6};
  limited->unseen = limited->aside = 10;
}

void AddHttp(std::vector<Case>& cases) {
  const auto browser = [](Fixture::Kind kind = Fixture::Kind::kAbsent) {
    return WithFixtureCookie(kind, 0);
  };
  const auto add = [&cases](const char* name, std::uint16_t status, Verdict verdict,
                            const std::string& request, Way way = Way::kServe) {
    Case one{std::string("Refuse/Http/") + name, status, verdict,
             [request](std::size_t) { return request; }, way};
    one.distinct = 1;
    cases.push_back(one);
  };
  const std::string& plain = BrowserRequest();
  add("400", 400, Verdict::kNone, Replaced(plain, "Host: example.org", "Host : example.org"));
  add("405", 405, Verdict::kNone, Replaced(plain, "GET / ", "TRACE / "));
  add("413", 413, Verdict::kNone,
      "POST /.stile/redeem HTTP/1.1\r\nHost: example.org\r\nContent-Length: 100000\r\n\r\n");
  add("431", 431, Verdict::kNone,
      Replaced(plain, "Accept-Language", "X-Filler: " + std::string(33'000, 'x') + "\r\nA"));
  add("PageHtml", 403, Verdict::kAbsent, browser());
  add("Json", 403, Verdict::kAbsent, AsFetch(browser()));
  const std::string denied = Replaced(browser(), "GET / ", "GET /private/x ");
  add("Deny", 403, Verdict::kAbsent, denied);
  add("DenyJson", 403, Verdict::kAbsent, AsFetch(denied));
  add("Check401", 401, Verdict::kAbsent, AsQuestion(browser()), Way::kAsk);
  add("Check401Forged", 401, Verdict::kForged, AsQuestion(browser(Fixture::Kind::kForged)),
      Way::kAsk);
  add("Check403", 403, Verdict::kAbsent, AsQuestion(denied), Way::kAsk);
}

void TimedOut(benchmark::State& state) {
  RefusalDoor door;
  Refusal refusal;
  for (auto _ : state) {
    refusal = door.TimeOut();
    if (refusal.status != 408) {
      state.SkipWithError("another status than expected");
      break;
    }
  }
  state.counters["bytes"] = static_cast<double>(refusal.bytes);
  state.counters["status"] = refusal.status;
}
BENCHMARK(TimedOut)->Name("Refuse/Http/408");

const bool registered = [] {
  static std::vector<Case> cases;
  cases.reserve(64);  // Pointers into it are held while it grows.
  AddChecks(cases);
  AddRedeems(cases);
  AddHttp(cases);
  for (Case& one : cases) {
    benchmark::RegisterBenchmark(one.name.c_str(),
                                 [&one](benchmark::State& state) { Refuse(state, one); });
  }
  return true;
}();

}  // namespace
}  // namespace stile::bench
