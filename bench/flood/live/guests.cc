#include "bench/flood/live/guests.h"

#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "bench/flood/device.h"
#include "bench/flood/live/puzzle_work.h"

namespace stile::bench {
namespace {

constexpr std::uint32_t kAttackersAtOnce = 64;
constexpr std::size_t kChallengesInHand = 8;  // More would be bought at a price that has passed.

double Now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// The string value of a member of flat JSON.
std::string Member(std::string_view json, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":\"";
  const std::size_t at = json.find(key);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + key.size();
  return std::string(json.substr(begin, json.find('"', begin) - begin));
}

const Device& DeviceOf(double share) {
  for (const Device& device : kDevices) {
    if (share < device.share) return device;
    share -= device.share;
  }
  return kDevices.back();
}

std::string AddressText(std::uint32_t number) {
  return "10." + std::to_string(number >> 16 & 255) + '.' + std::to_string(number >> 8 & 255) +
         ".7";
}

std::string Head(std::string_view start, std::uint32_t address) {
  return std::string(start) +
         " HTTP/1.1\r\nHost: flood.test\r\nAccept: application/json\r\n"
         "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
         "X-Real-IP: " +
         AddressText(address) + "\r\n";
}

}  // namespace

Guests::Guests(const Options& options)
    : options_(options), dice_(options.seed), web_(options.port), started_(Now()) {
  next_address_ = static_cast<std::uint32_t>(options.seed % 4) << 22;
}

std::uint32_t Guests::Enter(Guest::Kind kind, double now) {
  if (free_.empty()) {
    guests_.emplace_back();
    free_.push_back(static_cast<std::uint32_t>(guests_.size() - 1));
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  Guest& guest = guests_[number];
  guest = Guest{};
  guest.kind = kind;
  guest.stage = Guest::Stage::kLooking;
  guest.address = (next_address_ += 256);
  guest.came = now;
  if (kind == Guest::Kind::kVisitor) {
    const Device& device = DeviceOf(dice_.Uniform());
    guest.rate = kWorkerHashwxRate * device.speed * device.workers * options_.device_speed;
    guest.visit = visits_.size();
    visits_.push_back({now - started_, -1});
    visitors_ += 1;
  }
  attackers_ += kind == Guest::Kind::kAttacker;
  Ask(number, "/");
  return number;
}

void Guests::Leave(std::uint32_t number) {
  Guest& guest = guests_[number];
  if (guest.stage == Guest::Stage::kFree) return;
  attackers_ -= guest.kind == Guest::Kind::kAttacker;
  visitors_ -= guest.kind == Guest::Kind::kVisitor;
  guest.stage = Guest::Stage::kFree;
  free_.push_back(number);
}

void Guests::Ask(std::uint32_t number, const std::string& target) {
  const Guest& guest = guests_[number];
  std::string request = Head("GET " + target, guest.address);
  if (!guest.cookie.empty()) request += "Cookie: " + guest.cookie + "\r\n";
  web_.Send(number, request + "\r\n");
}

void Guests::Redeem(std::uint32_t number) {
  Guest& guest = guests_[number];
  guest.stage = Guest::Stage::kRedeeming;
  const std::string body =
      R"({"challenge":")" + guest.challenge + R"(","solution":")" + guest.solution + "\"}";
  web_.Send(number, Head("POST /.stile/redeem", guest.address) +
                        "Content-Type: application/json\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n\r\n" + body);
}

// Those whose time to come it is.
void Guests::Come(double now) {
  const bool open = now - started_ < options_.seconds;
  if (!open) return;
  if (options_.visitors > 0) {
    if (next_visitor_ == 0) next_visitor_ = now + dice_.Exponential(1 / options_.visitors);
    for (; next_visitor_ <= now; next_visitor_ += dice_.Exponential(1 / options_.visitors)) {
      Enter(Guest::Kind::kVisitor, now);
    }
  }
  if (options_.plain > 0) {
    if (next_plain_ == 0) next_plain_ = now;
    for (; next_plain_ <= now; next_plain_ += 1 / options_.plain) {
      // One that can't be served in time isn't made up for.
      if (web_.under_way() < 512) Enter(Guest::Kind::kPlain, now);
    }
  }
  if (options_.attackers > 0) {
    while (attackers_ < kAttackersAtOnce && to_solve_.size() < kChallengesInHand &&
           attackers_ - to_solve_.size() < kChallengesInHand * 2) {
      Enter(Guest::Kind::kAttacker, now);
    }
  }
}

void Guests::OnPassed(Guest& guest, std::uint32_t number, double now) {
  if (guest.kind == Guest::Kind::kVisitor) visits_[guest.visit].took = now - guest.came;
  if (guest.stage == Guest::Stage::kLooking) counts_.not_asked += 1;
  Leave(number);
}

void Guests::OnChallenge(std::uint32_t number, const WebReply& reply, double now) {
  Guest& guest = guests_[number];
  guest.challenge = Member(reply.body, "challenge");
  if (reply.status != 200 || AskedEffort(guest.challenge) == 0) {
    counts_.not_asked += reply.status == 200;
    return Leave(number);
  }
  guest.stage = Guest::Stage::kSolving;
  if (guest.kind == Guest::Kind::kVisitor) return SolveForVisitor(number, now);
  to_solve_.push_back(number);
}

void Guests::SolveForVisitor(std::uint32_t number, double now) {
  Guest& guest = guests_[number];
  const auto work = SolvePuzzle(guest.challenge);
  if (!work) return Leave(number);
  guest.solution = work->solution;
  due_.emplace(now + static_cast<double>(work->tried) / guest.rate, number);
}

// As many as there are evaluations for.
void Guests::SolveForAttackers(double now) {
  if (options_.attackers == 0 || now - started_ >= options_.seconds) return;
  const double earned = (now - started_) * options_.attackers;
  // One at a time, so that replies are read between two.
  if (to_solve_.empty() || static_cast<double>(counts_.evaluations) >= earned) return;
  const std::uint32_t number = to_solve_.front();
  to_solve_.pop_front();
  const auto work = SolvePuzzle(guests_[number].challenge);
  if (!work) return Leave(number);
  counts_.evaluations += work->tried;
  counts_.solved += 1;
  guests_[number].solution = work->solution;
  Redeem(number);
}

void Guests::Waste(double now) {
  if (options_.waste == 0 || now - started_ >= options_.seconds) return;
  if (static_cast<double>(counts_.wasted) >= (now - started_) * options_.waste) return;
  counts_.wasted +=
      WasteWork(options_.effort, static_cast<std::uint8_t>(options_.parts), counts_.wasted);
}

void Guests::OnRedeemed(std::uint32_t number, const WebReply& reply, double now) {
  Guest& guest = guests_[number];
  const std::string_view cookie = reply.Field("set-cookie");
  if (reply.status == 200 && !cookie.empty()) {
    guest.cookie = cookie.substr(0, cookie.find(';'));
    guest.stage = Guest::Stage::kLoading;
    if (guest.kind == Guest::Kind::kAttacker) {
      counts_.cleared += 1;
      counts_.last_redeem = now - started_;
      if (counts_.first_redeem < 0) counts_.first_redeem = now - started_;
    }
    return Ask(number, "/");
  }
  const std::string_view later = reply.Field("retry-after");
  if (!later.empty() && now < guest.came + options_.patience) {
    counts_.limited += 1;
    guest.stage = Guest::Stage::kSolving;
    due_.emplace(now + std::max(1, std::atoi(std::string(later).c_str())), number);
    return;
  }
  counts_.refused += 1;
  Leave(number);
}

void Guests::OnReply(const WebReply& reply, double now) {
  counts_.statuses[reply.status] += 1;
  Guest& guest = guests_[reply.asker];
  if (guest.kind == Guest::Kind::kPlain || reply.status == 0) return Leave(reply.asker);
  switch (guest.stage) {
    case Guest::Stage::kLooking: {
      if (reply.status == 200) return OnPassed(guest, reply.asker, now);
      const std::string link(reply.Field("stile-challenge"));
      if (link.empty()) return Leave(reply.asker);
      guest.stage = Guest::Stage::kFetching;
      return Ask(reply.asker, link);
    }
    case Guest::Stage::kFetching:
      return OnChallenge(reply.asker, reply, now);
    case Guest::Stage::kRedeeming:
      return OnRedeemed(reply.asker, reply, now);
    case Guest::Stage::kLoading:
      if (reply.status == 200) return OnPassed(guest, reply.asker, now);
      return Leave(reply.asker);
    default:
      return;
  }
}

bool Guests::Playing(double now) const {
  if (now - started_ < options_.seconds) return true;
  return visitors_ > 0 && now - started_ < options_.seconds + options_.patience;
}

void Guests::Run() {
  started_ = Now();
  for (double now = started_; Playing(now); now = Now()) {
    Come(now);
    const bool works = options_.attackers > 0 || options_.waste > 0 || options_.plain > 0;
    for (const WebReply& reply : web_.Poll(works ? 1 : 5)) OnReply(reply, Now());
    while (!due_.empty() && due_.top().first <= Now()) {
      const std::uint32_t number = due_.top().second;
      due_.pop();
      Redeem(number);
    }
    SolveForAttackers(Now());
    Waste(Now());
  }
}

}  // namespace stile::bench
