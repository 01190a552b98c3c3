#include "tests/simulation/budget_log.h"

#include <algorithm>
#include <utility>

#include "verifier/budget_merge.h"

namespace stile::simulation {
namespace {

// The store's clock is nobody else's.
constexpr std::int64_t kBeginMillis = 1'772'366'477'000;

}  // namespace

Span BudgetLog::Way() { return random_.Between(100, 20 * kMillisecond); }

UnixMillis BudgetLog::Clock() const {
  return UnixMillis{kBeginMillis + clock_step +
                    static_cast<std::int64_t>(agenda_.now() / kMillisecond)};
}

void BudgetLog::Say(const bool& cut, std::function<Reply()> deed, Answered answered) {
  ++commands_;
  if (cut || away) return;
  agenda_.After(Way(), [this, &cut, done = std::move(deed), heard = std::move(answered)] {
    if (!hung_) return Do(cut, done, heard);
    waiting_.push_back([this, &cut, done, heard] { Do(cut, done, heard); });
  });
}

void BudgetLog::Do(const bool& cut, const std::function<Reply()>& deed, const Answered& answered) {
  if (cut || away) return;
  const Reply reply = deed();
  if (loses_replies) return;
  agenda_.After(Way(), [&cut, reply, answered] {
    if (!cut) answered(reply);
  });
}

void BudgetLog::SetHung(bool hung) {
  hung_ = hung;
  if (hung) return;
  for (const auto& deed : std::exchange(waiting_, {})) deed();
}

void BudgetLog::Add(std::string bytes, const bool& cut, Answered answered) {
  Say(
      cut,
      [this, said = std::move(bytes)] {
        if (full) return Reply{};
        last_ = std::max(last_ + 1, BudgetMerge::MarkAt(Clock()));
        entries_.push_back({last_, said});
        if (entries_.size() > kLength) entries_.erase(entries_.begin());
        return Reply{true, {}, {}, 0};
      },
      std::move(answered));
}

void BudgetLog::Now(const bool& cut, Answered answered) {
  Say(
      cut,
      [this] {
        return Reply{true, Clock(), {}, 0};
      },
      std::move(answered));
}

void BudgetLog::Last(const bool& cut, Answered answered) {
  Say(
      cut,
      [this] {
        return Reply{true, {}, {}, entries_.empty() ? 0 : entries_.back().mark};
      },
      std::move(answered));
}

void BudgetLog::Forget(const bool& cut, Answered answered) {
  Say(
      cut,
      [this] {
        Flush();
        return Reply{true, {}, {}, 0};
      },
      std::move(answered));
}

void BudgetLog::Read(std::uint64_t behind, std::size_t count, const bool& cut, Answered answered) {
  Say(
      cut,
      [this, behind, count] {
        Reply reply{true, {}, {}, 0};
        const auto is_before = [](const Entry& entry, std::uint64_t mark) {
          return entry.mark <= mark;
        };
        auto at = std::lower_bound(entries_.begin(), entries_.end(), behind, is_before);
        while (at != entries_.end() && reply.entries.size() < count) {
          reply.entries.push_back(*at++);
        }
        return reply;
      },
      std::move(answered));
}

}  // namespace stile::simulation
