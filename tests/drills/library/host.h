#ifndef STILE_TESTS_DRILLS_LIBRARY_HOST_H_
#define STILE_TESTS_DRILLS_LIBRARY_HOST_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "challenge/key_ring.h"
#include "engine/admission/engine_keeper.h"
#include "engine/engine.h"
#include "engine/engine_slot.h"
#include "tests/drills/library/outcome.h"
#include "tests/drills/library/visitors.h"
#include "verifier/redeemer.h"

namespace stile::drills {

// The policy of every drill: one page for everybody, one for nobody, a crawler with a list of
// addresses, and the rest for who is cleared.
[[nodiscard]] std::string GoodPolicy();
// The same with `rules` more.
[[nodiscard]] std::string LargePolicy(std::size_t rules);

// A ring of one key for each byte of `secrets`, under the ids 1, 2, ..; the last one signs.
[[nodiscard]] std::shared_ptr<const KeyRing> RingOf(const std::vector<std::uint8_t>& secrets,
                                                    UnixMillis now,
                                                    std::chrono::hours horizon = std::chrono::hours{
                                                        24 * 35});

// A program that embeds Stile, under load: a keeper, and threads that decide about visitors and
// answer them from its slot. It does what docs say that an embedder does, unless a control takes
// that from it.
class Host {
 public:
  // How long each of the three phases lasts at least.
  static std::chrono::milliseconds phase;

  struct Options {
    std::string policy = GoodPolicy();
    std::vector<std::string> last_good;
    std::shared_ptr<const KeyRing> keys;  // Null: one key for 35 days.
    AdmissionLimits limits;
    // The control of what admission protects: what can't be loaded takes the place of what serves,
    // and every request fails until something can be loaded again.
    bool careless = false;
    // The control of what the blast radius protects: whatever can be made serves.
    bool trusting = false;
    // What the host changes in the engine's options before it makes one.
    std::function<void(EngineOptions&)> dress;
    // What happens around each request, in the thread that serves it: for controls.
    std::function<void(const Visitor&)> around;
    // What the host changes in a request before Stile sees it.
    std::function<void(Request&)> alter;
    std::size_t workers = 2;
    Crowd::Options crowd;
  };
  // The default options, careless or not.
  [[nodiscard]] static Options Careless(bool careless) {
    Options options;
    options.careless = careless;
    return options;
  }
  Host();
  explicit Host(Options options);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] Outcome& outcome() { return outcome_; }
  [[nodiscard]] EngineKeeper& keeper() { return *keeper_; }
  // False if neither the policy nor what was good could be made: nothing serves then.
  [[nodiscard]] bool serves() const { return keeper_ != nullptr; }
  [[nodiscard]] UnixMillis now() const;
  [[nodiscard]] static std::chrono::milliseconds steady();

  // The time line. Baseline comes first, and Finish last.
  void Baseline();
  void HoldFault();  // Until the phase of the fault has lasted as long as a phase.
  // The phase after the fault. Ends the load, and says which invariants were broken.
  [[nodiscard]] Outcome Finish();

  // Offers a candidate as an embedder does; what came of it is counted against I4: a refusal is
  // told, with a reason, within a second.
  AdmissionVerdict Offer(std::string source, bool forced = false);
  // The same of one that must be refused, and may change nothing.
  void MustRefuse(const std::string& name, std::string source);

  // From here on keys are these: with the next engine that is made.
  void SetKeys(std::shared_ptr<const KeyRing> keys) { options_.keys = std::move(keys); }
  // Serves the current policy with the current keys, as a host does daily.
  [[nodiscard]] bool Renew();
  // By how much the clock of the host is ahead. Visitors come back for new clearances after a day
  // of it.
  void SetClock(std::chrono::milliseconds ahead) { ahead_.store(ahead.count()); }

  // What visitors are told from here on: what the policy says, or everybody passes, or whatever.
  enum class Expected : std::uint8_t { kPolicy, kOpen, kAnything };
  void Expect(Expected expected) { expected_.store(expected); }

  // Makes an engine of a policy's text as the keeper's maker does.
  [[nodiscard]] tl::expected<EngineKeeper::Made, Errors> Make(std::string_view source,
                                                              std::optional<GateMode> mode) const;
  // Requests so far, and those of them that may pass and were stopped, whatever was expected.
  [[nodiscard]] std::uint64_t Served() const;
  [[nodiscard]] std::uint64_t Stopped() const;
  // Waits until every thread has served one more request.
  void LetEachServe();
  // Allocations that deciding and answering has made.
  [[nodiscard]] std::uint64_t Allocated() const;
  // From here on a control's requests are answered by an error.
  void Fail(bool failing) { failing_.store(failing); }
  // The first thread stands still between two requests, or goes on.
  void Freeze(bool frozen) { frozen_.store(frozen); }

 private:
  enum Phase : std::size_t { kBefore = 0, kDuring = 1, kAfter = 2, kWarming = 3 };
  static constexpr std::size_t kPhases = 4;
  static constexpr std::size_t kSteps = 512;  // Of a histogram: 8 for each doubling of 1 ns.

  // What one thread has seen. Written by it, read after its end; `served` and `allocated` at any
  // time.
  struct Tally {
    std::array<std::uint64_t, kPhases> failed{}, stopped{}, let_in{}, requests{};
    std::array<std::array<std::uint32_t, kSteps>, kPhases> took{};
    std::string first_failure, first_stop;
    std::atomic<std::uint64_t> served{0}, turned_away{0}, allocated{0};
  };
  struct State {
    std::int64_t rss = 0;
    std::int64_t descriptors = 0;
  };
  void Serve(std::size_t number);
  void ServeOne(const Visitor& visitor, Worker& worker, Tally& tally);
  void Note(const Visitor& visitor, const Decision& decision, int status, Tally& tally,
            std::chrono::nanoseconds took) const;
  void Aftermath();
  [[nodiscard]] Outcome Judge();
  void Stop();
  [[nodiscard]] static State Look();
  [[nodiscard]] double Percentile(Phase of, double share) const;

  Options options_;
  std::shared_ptr<RedeemTables> tables_;
  std::unique_ptr<EngineKeeper> keeper_;
  Outcome outcome_;
  std::vector<std::unique_ptr<Tally>> tallies_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> phase_{kWarming};
  std::atomic<std::int64_t> ahead_{0};
  std::atomic<Expected> expected_{Expected::kPolicy};
  std::atomic<bool> over_{false}, failing_{false}, frozen_{false};
  std::chrono::steady_clock::time_point fault_begin_;
  State before_;
  std::int64_t most_rss_ = 0;
  double slowest_offer_ = 0;
};

}  // namespace stile::drills

#endif  // STILE_TESTS_DRILLS_LIBRARY_HOST_H_
