#include "tests/verifier/tables/table_crowd.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <new>
#include <random>
#include <vector>

namespace stile {
namespace {

constexpr UnixMillis kStart = UnixMillis::FromSeconds(1'772'366'400);
constexpr std::uint32_t kTokenSeconds = 2;
constexpr std::uint16_t kNode = 3;

template <typename Word>
Word Add(Word& word, Word more = 1) {
  return std::atomic_ref<Word>(word).fetch_add(more);
}
template <typename Word>
Word Get(Word& word) {
  return std::atomic_ref<Word>(word).load();
}

// A burst that takes a day to refill: at one time for all, nothing comes back.
Pace WholeDay() {
  Pace whole;
  whole.interval = BudgetTable::kMaxSpan / kCrowdBurst;
  whole.span = whole.interval * kCrowdBurst;
  return whole;
}

// One process of the crowd.
class Member {
 public:
  Member(std::shared_ptr<Tables> tables, std::uint64_t seed, TableLedger& ledger)
      : budgets_(tables->budgets()),
        spends_(tables->MakeSpends(kNode)),
        revocations_(tables->revocations()),
        random_(seed),
        ledger_(ledger) {}

  void Round() {
    IssueAndSpend();
    TakeBudget();
    if (random_() % 4 == 0) RevokeOrReinstate();
    if (random_() % 64 == 0) TellTakings();
    Add(ledger_.rounds);
    if (random_() % 16 == 0) Add(ledger_.clock_ms);
  }

 private:
  [[nodiscard]] UnixMillis Now() {
    return kStart + std::chrono::milliseconds{static_cast<std::int64_t>(Get(ledger_.clock_ms))};
  }

  void IssueAndSpend() {
    SpendGrant grant;
    if (!spends_->Issue(Now(), kTokenSeconds, grant)) {
      Add<std::uint64_t>(ledger_.clock_ms, 100);  // All are taken by tokens that live.
    } else if (grant.id.sequence < TableLedger::kNumbers) {
      if (Add<std::uint8_t>(ledger_.given[grant.id.sequence]) != 0) Add(ledger_.numbered_twice);
      std::atomic_ref(ledger_.expires_at[grant.id.sequence]).store(grant.expires_at);
      std::atomic_ref(ledger_.last_number).store(grant.id.sequence);
      boot_ = grant.id.boot;
      if (random_() % 2 == 0) Spend(grant.id.sequence);
    }
    // What others got lately, and are using up at this moment, too.
    const std::uint64_t last = Get(ledger_.last_number);
    for (int i = 0; i < 3; ++i) {
      const std::uint64_t back = random_() % 64;
      if (back <= last && boot_ != 0) Spend(last - back);
    }
  }

  void Spend(std::uint64_t sequence) {
    if (sequence >= TableLedger::kNumbers) return;
    SpendQuestion question;
    question.id = {kNode, boot_, 0, sequence};
    question.expires_at = Get(ledger_.expires_at[sequence]);
    if (question.expires_at == 0) return;
    // Half of the attempts have names, of which each number has three.
    if (random_() % 2 == 0) question.idempotency = {sequence + 1, random_() % 3};
    const SpendAnswer answer = spends_->Spend(question, Now());
    if (answer.result != SpendResult::kFresh || answer.repeated) return;
    if (Add<std::uint8_t>(ledger_.accepted[sequence]) != 0) Add(ledger_.accepted_twice);
  }

  void TakeBudget() {
    const std::uint64_t key = random_() % TableLedger::kKeys;
    const Pace whole = WholeDay();
    const HitterId id{key, key, 1};
    if (budgets_->clearances.Take(budgets_->KeyOf(id), whole, 1, kStart).taken) {
      Add(ledger_.passed[key]);
    }
    Add(ledger_.noted[key]);
    budgets_->untold_clearances.Note(budgets_->KeyOf(id), Budgets::NameOf(id), whole, 1, Now());
    budgets_->heavy_clearances.Add(budgets_->KeyOf(id), id, 1, kStart);
  }

  void TellTakings() {
    std::vector<UntoldTaking> takings;
    (void)budgets_->untold_clearances.Collect(budgets_->hash, {}, Now(), TableLedger::kKeys,
                                              takings);
    for (const UntoldTaking& taking : takings) {
      const std::uint64_t key = taking.name.high;
      if (key >= TableLedger::kKeys || taking.pace != WholeDay() ||
          taking.name != Budgets::NameOf(HitterId{key, key, 1})) {
        Add(ledger_.misnamed);
      } else {
        Add<std::uint64_t>(ledger_.told[key], taking.cost);
      }
    }
  }

  // The lower half of the ids is only ever revoked; the upper half comes and goes.
  void RevokeOrReinstate() {
    const std::uint64_t number = random_() % TableLedger::kIds;
    const TokenId id = CrowdId(number);
    const UnixMillis until = kStart + std::chrono::hours{24};
    if (number < TableLedger::kIds / 2) {
      if (Get(ledger_.revoked[number]) != 0 && !revocations_->IsRevoked(id, kStart)) {
        Add(ledger_.forgotten);
      }
      if (revocations_->Revoke(id, until, kStart)) {
        std::atomic_ref(ledger_.revoked[number]).store(1);
      }
    } else if (random_() % 2 == 0) {
      (void)revocations_->Revoke(id, until, kStart);
    } else {
      revocations_->Reinstate(id, kStart);
    }
    if (revocations_->IsRevoked(CrowdId(TableLedger::kIds + number), kStart)) {
      Add(ledger_.surprises);
    }
  }

  std::shared_ptr<Budgets> budgets_;
  std::shared_ptr<LocalSpends> spends_;
  std::shared_ptr<RevocationTable> revocations_;
  std::mt19937_64 random_;
  TableLedger& ledger_;
  std::uint64_t boot_ = 0;
};

}  // namespace

std::shared_ptr<TableLedger> TableLedger::Create() {
  void* memory = ::mmap(nullptr, sizeof(TableLedger), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  EXPECT_NE(memory, MAP_FAILED);
  // Zeroed memory is an empty ledger: nothing is written that need not be.
  return {static_cast<TableLedger*>(memory),
          [](TableLedger* ledger) { ::munmap(ledger, sizeof(TableLedger)); }};
}

std::uint64_t TableLedger::violations() const {
  std::uint64_t sum =
      numbered_twice + accepted_twice + forgotten + surprises + strangers + misnamed;
  for (const std::uint64_t count : passed) sum += count > kCrowdBurst ? 1 : 0;
  // While others go on: what was told is looked at first.
  const auto get = [](const std::uint64_t& word) {
    return std::atomic_ref(const_cast<std::uint64_t&>(word)).load();
  };
  for (std::size_t key = 0; key < kKeys; ++key) {
    const std::uint64_t known = get(told[key]);
    sum += known > get(noted[key]) ? 1 : 0;
  }
  return sum;
}

TableSizes CrowdedSizes() {
  TableSizes sizes;
  sizes.clearances = 56;  // Fewer than keys: some share the overflow cells.
  sizes.cleared_prefixes = 7;
  sizes.uncleared_prefixes = 7;
  sizes.uncleared_rings = 7;
  sizes.untold = 56;  // Half of them for clearances.
  sizes.tokens = 20'000;
  sizes.attempts = 1'024;
  sizes.revocations = 8'192;
  return sizes;
}

void RunCrowd(const std::string& path, std::uint64_t boot, std::uint64_t seed, std::uint64_t rounds,
              TableLedger& ledger) {
  auto tables = Tables::Shared(path, CrowdedSizes());
  if (!tables || (*tables)->boot() != boot) {
    Add(ledger.strangers);
    return;
  }
  Member member(*std::move(tables), seed, ledger);
  for (std::uint64_t i = 0; i < rounds; ++i) member.Round();
}

TokenId CrowdId(std::uint64_t number) {
  std::mt19937_64 random(number);
  const std::uint64_t halves[] = {random(), random()};
  TokenId id;
  std::memcpy(id.data(), halves, sizeof halves);
  return id;
}

}  // namespace stile
