#include "verifier/effort/origin_trouble.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace stile {
namespace {

using Word = std::atomic<std::uint64_t>;

constexpr std::uint64_t kMostVotes = 0xFFF;
constexpr int kTagShift = 40;
constexpr int kWindowShift = 24;
constexpr int kGoodShift = 12;
constexpr std::uint64_t kTagMask = 0xFFFFFF;
constexpr std::uint64_t kWindowMask = 0xFFFF;

// A path is known once it has had votes in this many windows.
constexpr std::uint64_t kHistory = 6;
// And its cell may go to another path once it has had none for as many.
constexpr std::uint64_t kForgotten = 6;
constexpr std::uint64_t kMostHistory = 255;
// Windows that a path's share of failures is a plain mean of, before it gets slow.
constexpr std::uint64_t kMeanWindows = 8;
// It rises over 20 minutes, so that an outage doesn't soon count as usual, and falls over five.
constexpr double kRise = 1.0 / 128;
constexpr double kFall = 1.0 / 32;

constexpr double kShareUnit = 65'535;
constexpr std::uint64_t kMostMillis = 0xFFFFFF;

// A path fails unusually many if it fails as many clearances as this in the window, and this much
// more than twice its usual share. One that usually fails every second can't.
constexpr std::uint64_t kLeastFailures = 3;
constexpr double kMargin = 0.1;
constexpr double kAlwaysFailing = 0.5;
// Less trouble than this is noise.
constexpr double kNoise = 0.05;

bool SetBit(Word& word, std::uint64_t bit) noexcept {
  const std::uint64_t mask = std::uint64_t{1} << (bit & 63);
  if ((word.load(std::memory_order_relaxed) & mask) != 0) return false;
  return (word.fetch_or(mask, std::memory_order_relaxed) & mask) == 0;
}

// How many there are, where each has set one of the bits at random.
template <std::size_t kWords>
double Estimate(const std::array<Word, kWords>& bits) noexcept {
  constexpr double kBits = 64.0 * kWords;
  int ones = 0;
  for (const Word& word : bits) ones += std::popcount(word.load(std::memory_order_relaxed));
  if (ones == 0) return 0;
  return -kBits * std::log(1 - std::min<double>(ones, kBits - 1) / kBits);
}

struct Votes {
  std::uint64_t tag = 0;
  std::uint64_t window = 0;
  std::uint64_t good = 0;
  std::uint64_t bad = 0;

  static Votes Of(std::uint64_t word) noexcept {
    return {word >> kTagShift, word >> kWindowShift & kWindowMask, word >> kGoodShift & kMostVotes,
            word & kMostVotes};
  }
  [[nodiscard]] std::uint64_t word() const noexcept {
    return tag << kTagShift | window << kWindowShift | good << kGoodShift | bad;
  }
  void Add(bool failed) noexcept {
    ++(failed ? bad : good);
    if (std::max(good, bad) < kMostVotes) return;
    good /= 2;
    bad /= 2;
  }
};

struct Usual {
  std::uint64_t windows = 0;
  std::uint64_t millis = 0;
  std::uint64_t share = 0;  // Of kShareUnit.

  static Usual Of(std::uint64_t word) noexcept {
    return {word >> 40 & kMostHistory, word >> 16 & kMostMillis, word & 0xFFFF};
  }
  [[nodiscard]] std::uint64_t word() const noexcept {
    return windows << 40 | std::min(millis, kMostMillis) << 16 | share;
  }
  // Learns from the votes of a window that is over.
  void Learn(const Votes& votes) noexcept {
    const auto all = static_cast<double>(votes.good + votes.bad);
    if (all == 0) return;
    windows = std::min(windows + 1, kMostHistory);
    const double failed = static_cast<double>(votes.bad) / all;
    const double before = static_cast<double>(share) / kShareUnit;
    double weight = failed > before ? kRise : kFall;
    if (windows <= kMeanWindows) weight = 1.0 / static_cast<double>(windows);
    const double after = before + (failed - before) * weight;
    share = static_cast<std::uint64_t>(std::clamp(after, 0.0, 1.0) * kShareUnit + 0.5);
  }
};

std::uint64_t WindowAt(UnixMillis now) noexcept {
  return static_cast<std::uint64_t>(now.value / OriginTrouble::kWindowMillis) & kWindowMask;
}

std::uint64_t TagOf(std::uint64_t path) noexcept { return path >> kTagShift; }

template <typename Word>
std::uint64_t Load(const char* at) noexcept {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

std::uint64_t Fold(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// "/a" of "/a" and "/a/" of "/a/b/c".
std::string_view FirstSegment(std::string_view path) noexcept {
  const std::size_t end = path.find('/', 1);
  return end == std::string_view::npos ? path : path.substr(0, end + 1);
}

}  // namespace

// What a path says about a failure.
struct OriginTrouble::Judgement {
  bool known = false;    // It has a history.
  bool failing = false;  // And fails far more now.
  std::uint64_t usual_millis = 0;
};

OriginTrouble::OriginTrouble(Window& window, std::span<PathCell> paths, const TableHash& hash,
                             std::uint32_t site) noexcept
    : window_(window), paths_(paths), hash_(hash), site_(site) {}

// One folded multiplication for 16 bytes, under the table's key. What is left over is read again
// with some of what was read before, rather than byte by byte.
inline std::uint64_t OriginTrouble::HashOf(std::string_view path) const noexcept {
  const char* at = path.data();
  std::size_t left = path.size();
  std::uint64_t hash = hash_.first ^ site_ ^ static_cast<std::uint64_t>(left) << 32;
  if (left >= 16) {
    const char* const last = at + left - 16;
    for (; left > 16; left -= 16, at += 16) {
      hash = Fold(hash ^ Load<std::uint64_t>(at), hash_.second ^ Load<std::uint64_t>(at + 8));
    }
    return Fold(hash ^ Load<std::uint64_t>(last), hash_.second ^ Load<std::uint64_t>(last + 8));
  }
  if (left >= 8)
    return Fold(hash ^ Load<std::uint64_t>(at), hash_.second ^ Load<std::uint64_t>(at + left - 8));
  if (left >= 4)
    return Fold(hash ^ Load<std::uint32_t>(at), hash_.second ^ Load<std::uint32_t>(at + left - 4));
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < left; ++i) rest = rest << 8 | static_cast<unsigned char>(at[i]);
  return Fold(hash ^ rest, hash_.second);
}

OriginTrouble::PathCell& OriginTrouble::CellOf(std::uint64_t path) const noexcept {
  return paths_[path & (paths_.size() - 1)];
}

inline bool OriginTrouble::IsKnown(std::uint64_t who, std::uint64_t path,
                                   const OriginOutcome& outcome) const noexcept {
  if (outcome.failed || outcome.millis >= kNeverLateMillis) [[unlikely]]
    return false;
  const std::uint64_t voted =
      window_.voted[who % window_.voted.size()].load(std::memory_order_relaxed);
  return (voted >> BallotOf(who, path, false) & 1) != 0;
}

// Nothing here has its address taken, so that the usual case touches no stack.
void OriginTrouble::Note(std::string_view path, const TokenId& id, const OriginOutcome& outcome,
                         UnixMillis now) noexcept {
  path = path.substr(0, kMostPath);
  const std::uint64_t hash = HashOf(path);
  std::uint64_t who;
  std::memcpy(&who, id.data(), sizeof who);
  if (!IsKnown(who, hash, outcome)) [[unlikely]]
    Learn(path, hash, who, outcome, now);
}

[[gnu::noinline]] void OriginTrouble::Learn(std::string_view path, std::uint64_t hash,
                                            std::uint64_t who, const OriginOutcome& outcome,
                                            UnixMillis now) noexcept {
  Vote({hash, HashOf(FirstSegment(path)), who, false}, outcome, now);
}

OriginVisit OriginTrouble::VisitOf(std::string_view path, const TokenId& id) const noexcept {
  path = path.substr(0, kMostPath);
  OriginVisit visit{HashOf(path), HashOf(FirstSegment(path)), 0, false};
  std::memcpy(&visit.who, id.data(), sizeof visit.who);
  return visit;
}

void OriginTrouble::Note(const OriginVisit& visit, const OriginOutcome& outcome,
                         UnixMillis now) noexcept {
  if (!IsKnown(visit.who, visit.path, outcome)) Vote(visit, outcome, now);
}

void OriginTrouble::Vote(const OriginVisit& visit, const OriginOutcome& outcome,
                         UnixMillis now) noexcept {
  const bool slow = outcome.millis >= kNeverLateMillis;
  Judgement judgement = Judge(visit.path, now);
  const bool late =
      slow && judgement.known && outcome.millis > kLateFactor * judgement.usual_millis;
  const bool bad = outcome.failed || late;
  SetBit(window_.seen[visit.who >> 16 & 31], visit.who >> 24);
  Word& voted = window_.voted[visit.who % window_.voted.size()];
  const auto votes_on = [&](std::uint64_t path) {
    return SetBit(voted, static_cast<std::uint64_t>(BallotOf(visit.who, path, bad)));
  };
  if (votes_on(visit.path)) Cast(visit.path, outcome, late, now);
  if (visit.segment != visit.path && votes_on(visit.segment)) {
    Cast(visit.segment, outcome, late, now);
  }
  if (!bad) return;
  judgement = Judge(visit.path, now);
  if (!judgement.known) judgement = Judge(visit.segment, now);
  if (judgement.failing) SetBit(window_.failed[visit.who >> 16 & 31], visit.who >> 24);
}

int OriginTrouble::BallotOf(std::uint64_t who, std::uint64_t path, bool bad) noexcept {
  const auto half = static_cast<int>(who >> 8 & 1) * 32;
  return half + (bad ? 16 : 0) + static_cast<int>(path >> 32 & 15);
}

void OriginTrouble::Cast(std::uint64_t path, const OriginOutcome& outcome, bool late,
                         UnixMillis now) noexcept {
  PathCell& cell = CellOf(path);
  const std::uint64_t window = WindowAt(now);
  std::uint64_t word = cell.votes.load(std::memory_order_relaxed);
  for (int tries = 0; tries < 4; ++tries) {
    const Votes before = Votes::Of(word);
    Votes after{TagOf(path), window, 0, 0};
    const bool mine = word != 0 && before.tag == after.tag;
    if (!mine && word != 0 && ((window - before.window) & kWindowMask) <= kForgotten) return;
    if (mine && before.window == window) after = before;
    after.Add(outcome.failed || late);
    if (!cell.votes.compare_exchange_weak(word, after.word(), std::memory_order_relaxed)) continue;
    Usual usual = mine ? Usual::Of(cell.usual.load(std::memory_order_relaxed)) : Usual{};
    if (mine && before.window != window) usual.Learn(before);
    if (!outcome.failed && outcome.millis > 0) {
      // A late answer teaches little, or an outage would soon be usual.
      const std::int64_t weight = late ? 256 : 16;
      const auto old = static_cast<std::int64_t>(usual.millis);
      const std::int64_t gap = std::int64_t{outcome.millis} - old;
      usual.millis =
          old == 0 ? outcome.millis : static_cast<std::uint64_t>(old + (gap + weight / 2) / weight);
    }
    cell.usual.store(usual.word(), std::memory_order_relaxed);
    return;
  }
}

OriginTrouble::Judgement OriginTrouble::Judge(std::uint64_t path, UnixMillis now) const noexcept {
  const PathCell& cell = CellOf(path);
  const Votes votes = Votes::Of(cell.votes.load(std::memory_order_relaxed));
  if (votes.tag != TagOf(path)) return {};
  const Usual usual = Usual::Of(cell.usual.load(std::memory_order_relaxed));
  Judgement judgement;
  judgement.known = usual.windows >= kHistory;
  judgement.usual_millis = usual.millis;
  if (!judgement.known || votes.window != WindowAt(now) || votes.bad < kLeastFailures) {
    return judgement;
  }
  const double share = static_cast<double>(usual.share) / kShareUnit;
  const double failed =
      static_cast<double>(votes.bad) / static_cast<double>(votes.good + votes.bad);
  judgement.failing = share <= kAlwaysFailing && failed > 2 * share + kMargin;
  return judgement;
}

double OriginTrouble::Measure() const noexcept {
  const double failed = Estimate(window_.failed) - kFailuresForgiven;
  if (failed <= 0) return 0;
  const double trouble = failed / std::max(Estimate(window_.seen), kLeastCrowd);
  return trouble < kNoise ? 0 : std::min(trouble, 1.0);
}

void OriginTrouble::BeginWindow() noexcept {
  for (Word& word : window_.seen) word.store(0, std::memory_order_relaxed);
  for (Word& word : window_.failed) word.store(0, std::memory_order_relaxed);
  for (Word& word : window_.voted) word.store(0, std::memory_order_relaxed);
}

}  // namespace stile
