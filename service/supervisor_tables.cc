// What a Supervisor does about what is counted: the tables, and the clearances that operators
// revoke.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "challenge/concat.h"
#include "challenge/entropy.h"
#include "engine/config/engine_build.h"
#include "engine/config/file_path.h"
#include "engine/config/table_sizes.h"
#include "service/clearance_id_text.h"
#include "service/file_text.h"
#include "service/log.h"
#include "service/status_report.h"
#include "service/supervisor.h"
#include "service/utc_text.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

constexpr std::chrono::seconds kTableLook{10};

tl::expected<std::shared_ptr<Tables>, Error> NoTableFile() {
  return tl::unexpected(Error{ErrorCode::kFailedPrecondition, "state.tables",
                              "spend.backend is \"shared-file\", and there is no file to share: "
                              "set state.tables, or state.directory"});
}

// True if an order is kept over a restart. Tells of a damaged list that was set aside on the way.
bool IsKept(const absl::Status& done, const RevocationList& list) {
  if (!absl::IsDataLoss(done)) return done.ok();
  Log(LogLevel::kError, "revocations-lost", {{"file", list.path()}, {"error", done.ToString()}});
  return true;
}

}  // namespace

tl::expected<void, Error> Supervisor::OpenTables(UnixMillis now) {
  const TableSizes sizes = TableSizesOf(bound_);
  const bool shares = bound_.spend_backend == SpendBackend::kSharedFile;
  std::string path = bound_.state_tables;
  if (path.empty() && shares && !booted_.state_directory.empty()) {
    path = PathUnder(booted_.state_directory, "tables");
  }
  if (!path.empty() || shares) {
    auto shared = path.empty() ? NoTableFile() : Tables::Shared(path, sizes);
    if (shared) {
      counted_ = *std::move(shared);
      const TableMemory& memory = counted_->memory();
      if (!memory.replaced().empty()) {
        Log(LogLevel::kError, "tables-rebuilt",
            {{"file", path},
             {"reason", memory.replaced()},
             {"message",
              "what was counted and spent so far is void; whoever still uses the old tables counts "
              "apart until it is restarted"}});
      }
      Log(LogLevel::kInfo, "tables",
          {{"file", path},
           {"made", memory.origin() == TableMemory::Origin::kCreated},
           {"bytes", memory.cells().size()}});
    } else if (options_.boot.strict) {
      return tl::unexpected(std::move(shared.error()));
    } else {
      booted_.degradations.push_back(Degradation::kTables);
      booted_.mistakes.push_back(shared.error());
      Log(LogLevel::kError, "tables-apart",
          {{"file", path}, {"error", ToString(Errors{shared.error()})}});
    }
  }
  if (counted_ == nullptr) {
    auto own = Tables::Private(sizes);
    if (!own) return tl::unexpected(std::move(own.error()));
    counted_ = *std::move(own);
  }
  revocations_ = RevocationList(booted_.state_directory);
  if (const absl::Status loaded = revocations_.Load(now, *counted_->revocations()); !loaded.ok()) {
    booted_.degradations.push_back(Degradation::kState);
    Log(LogLevel::kError, "revocations-lost",
        {{"file", revocations_.path()}, {"error", loaded.ToString()}});
  }
  return {};
}

tl::expected<void, Error> Supervisor::PrepareMerge() {
  if (bound_.budget_merge.merging == BudgetMerging::kOff) return {};
  RedisBudgets::Options options;
  options.redis = bound_.spend.redis;
  options.merge.boot = counted_->boot();
  options.merge.interval = bound_.budget_merge.interval;
  std::array<std::uint8_t, sizeof options.merge.who> random{};
  if (!Entropy().Fill(random)) {
    return tl::unexpected(
        Error{ErrorCode::kInternal, "budgets.merge", "the system gives no randomness"});
  }
  std::memcpy(&options.merge.who, random.data(), random.size());
  options.merge.who |= 1;
  auto budgets = RedisBudgets::Create(std::move(options), counted_->budgets());
  if (!budgets.ok()) {
    return tl::unexpected(
        Error{ErrorCode::kInternal, "budgets.merge", budgets.status().ToString()});
  }
  redis_budgets_ = *std::move(budgets);
  return {};
}

void Supervisor::LookAtTables() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_table_look_ || metrics_->IsDegraded(Degradation::kTables)) return;
  next_table_look_ = now + kTableLook;
  if (counted_->memory().IsCurrent()) return;
  SetDegraded(Degradation::kTables, true);
  Log(LogLevel::kError, "tables-apart",
      {{"error",
        "the table file names other tables by now, or none: this process counts apart from "
        "those that start from here on"}});
}

EngineMemory Supervisor::MemoryFor(const Config& config) const {
  return {NamesFor(config), Numbers(), counted_->budgets(), counted_->revocations(), effort_};
}

void Supervisor::WatchRedeems() {
  const std::shared_ptr<const DeskTotals> redeems = server_->redeems();
  effort_->WatchQueue({redeems, &redeems->waiting}, RedeemDesk::kRoom);
}

PlainReply Supervisor::OrderRevocation(const RevocationOrder& order) {
  const UnixMillis now = WallClock();
  const std::string id = IdText(order.id);
  RevocationTable& table = *counted_->revocations();
  if (order.undo) {
    const absl::Status done = revocations_.Reinstate(order.id, now, table);
    if (absl::IsNotFound(done)) return ErrorReply(404, {std::string(done.message())});
    Log(LogLevel::kWarning, "reinstated", {{"clearance", id}, {"by", order.by}});
    if (!IsKept(done, revocations_)) return ErrorReply(500, {done.ToString()});
    return {200, "application/json", Concat("{\"id\":", JsonString(id), "}\n")};
  }
  const UnixMillis until = now + order.period;
  const absl::Status done = revocations_.Revoke(order.id, {now, until, order.by}, now, table);
  if (absl::IsResourceExhausted(done)) return ErrorReply(422, {std::string(done.message())});
  const std::string until_text = UtcText(until);
  const bool kept = IsKept(done, revocations_);
  Log(LogLevel::kWarning, "revoked",
      {{"clearance", id}, {"until", until_text}, {"by", order.by}, {"kept", kept}});
  const std::string_view unless_kept = kept ? "" : "it holds, but is not kept over a restart: ";
  const std::string warning = done.ok() ? "null" : JsonString(Concat(unless_kept, done.ToString()));
  return {200, "application/json",
          Concat("{\"id\":", JsonString(id), ",\"until\":", JsonString(until_text),
                 ",\"warning\":", warning, "}\n")};
}

PlainReply Supervisor::ListRevocations() {
  std::string list;
  for (const auto& [id, revocation] : revocations_.Look(WallClock())) {
    list += Concat(list.empty() ? "" : ",", "{\"id\":", JsonString(IdText(id)),
                   ",\"since\":", JsonString(UtcText(revocation.since)),
                   ",\"until\":", JsonString(UtcText(revocation.until)),
                   ",\"by\":", JsonString(revocation.by), "}");
  }
  return {200, "application/json", Concat("{\"revocations\":[", list, "]}\n")};
}

}  // namespace stile
