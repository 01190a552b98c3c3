#ifndef STILE_BENCH_FLOOD_LIVE_GUESTS_H_
#define STILE_BENCH_FLOOD_LIVE_GUESTS_H_

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "bench/flood/dice.h"
#include "bench/flood/live/web_client.h"

namespace stile::bench {

// Clients of a real server, each from an address prefix of its own, which X-Real-IP says.
// Visitors take as long to solve as a device of device.h would, though this machine is done sooner;
// attackers solve as many evaluations a second as they are given.
class Guests {
 public:
  struct Options {
    std::uint16_t port = 0;
    double visitors = 0;       // A second.
    double plain = 0;          // Requests a second of bots that never solve.
    double attackers = 0;      // Evaluations a second of bots that do.
    double waste = 0;          // Evaluations a second that nothing is done with,
    std::uint64_t effort = 1;  // in pieces as a challenge of this effort and
    int parts = 8;             // as many parts has them.
    double seconds = 10;       // Until nobody comes any more.
    double patience = 30;      // Of a visitor.
    double device_speed = 1;   // By which the rates of all devices are multiplied.
    std::uint64_t seed = 1;
  };
  struct Visit {
    double at = 0;    // Seconds from the start.
    double took = 0;  // Until the first page was there; -1: never.
  };
  struct Counts {
    std::map<int, std::uint64_t> statuses;  // Of all replies; 0: the connection broke.
    std::uint64_t solved = 0;               // By attackers, as what follows.
    std::uint64_t evaluations = 0;
    std::uint64_t wasted = 0;
    std::uint64_t cleared = 0;
    std::uint64_t limited = 0;    // Told to come later with the same solution.
    std::uint64_t refused = 0;    // Told no.
    std::uint64_t not_asked = 0;  // Let pass without a challenge, or given one that isn't hashwx.
    double first_redeem = -1;     // Seconds from the start.
    double last_redeem = -1;
  };

  explicit Guests(const Options& options);

  // Plays until the last visitor is done, or out of patience.
  void Run();

  [[nodiscard]] const std::vector<Visit>& visits() const noexcept { return visits_; }
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  struct Guest {
    enum class Kind : std::uint8_t { kPlain, kAttacker, kVisitor };
    enum class Stage : std::uint8_t { kFree, kLooking, kFetching, kSolving, kRedeeming, kLoading };

    Kind kind = Kind::kPlain;
    Stage stage = Stage::kFree;
    std::uint32_t address = 0;
    double came = 0;
    double rate = 0;        // Evaluations a second of its device.
    std::size_t visit = 0;  // In visits_.
    std::string challenge;
    std::string solution;
    std::string cookie;
  };

  void Come(double now);
  std::uint32_t Enter(Guest::Kind kind, double now);
  void Leave(std::uint32_t number);
  void OnReply(const WebReply& reply, double now);
  void OnPassed(Guest& guest, std::uint32_t number, double now);
  void OnChallenge(std::uint32_t number, const WebReply& reply, double now);
  void OnRedeemed(std::uint32_t number, const WebReply& reply, double now);
  void SolveForVisitor(std::uint32_t number, double now);
  void SolveForAttackers(double now);
  void Waste(double now);
  void Redeem(std::uint32_t number);
  void Ask(std::uint32_t number, const std::string& target);
  [[nodiscard]] bool Playing(double now) const;

  Options options_;
  Dice dice_;
  WebClient web_;
  Counts counts_;
  std::vector<Visit> visits_;
  std::vector<Guest> guests_;
  std::vector<std::uint32_t> free_;
  std::deque<std::uint32_t> to_solve_;  // Attackers with a challenge.
  // Guests who go on at a time: to redeem.
  using Due = std::pair<double, std::uint32_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::uint32_t attackers_ = 0;  // That are under way.
  std::uint32_t visitors_ = 0;
  std::uint32_t next_address_ = 0;
  double next_visitor_ = 0;
  double next_plain_ = 0;
  double started_ = 0;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_LIVE_GUESTS_H_
