#ifndef STILE_SERVICE_EVENT_LOOP_H_
#define STILE_SERVICE_EVENT_LOOP_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/intrusive/list.hpp>

#include "challenge/ip_address.h"
#include "challenge/unix_millis.h"
#include "engine/answer.h"
#include "engine/engine_slot.h"
#include "service/connection.h"
#include "service/deadline_timer.h"
#include "service/fact_finder.h"
#include "service/http_date.h"
#include "service/listener.h"
#include "service/occupancy.h"
#include "service/overload.h"
#include "service/reactor.h"
#include "service/redeem_desk.h"
#include "service/refusal_log.h"
#include "service/routing.h"
#include "service/server.h"
#include "service/spend_desk.h"
#include "service/upstream_pool.h"

namespace stile {

class ClientConnection;

// One thread's share of the data path: its listening sockets, its connections, its worker and its
// pools. Everything but Run, Post and counters is called on its own thread, or before Run.
class EventLoop final : public SpendReceiver, public CheckReceiver {
 public:
  EventLoop(EngineSlot& engines, Occupancy& occupancy, RefusalBudget& refusals,
            std::shared_ptr<const Routing> routing);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // False if the process has no descriptors left for it; then it is good for nothing.
  [[nodiscard]] bool ok() const noexcept { return reactor_.ok(); }

  // Takes over a listening socket.
  void Listen(int descriptor, std::shared_ptr<const ListenerPlan> plan);

  // Serves until Stop.
  void Run();

  // Runs `task` on the loop's thread. Any thread.
  template <typename Task>
  void Post(Task task) {
    reactor_.Post(std::move(task));
  }

  // Has `changed` called when the loop becomes overloaded or is no longer, on its thread.
  void OnOverload(std::function<void()> changed) { on_overload_ = std::move(changed); }

  void UseRouting(std::shared_ptr<const Routing> routing);
  // Has it used in the next turn, or, where there is no memory, in one that follows. Any thread;
  // needs no memory.
  void OfferRouting(std::shared_ptr<const Routing> routing) noexcept;
  // `idle`: how long a connection without a request is kept for one.
  void BeginDrain(std::chrono::milliseconds idle);
  void Stop();

  // A client has come. Without memory for it, it goes.
  void Accept(int descriptor, const std::shared_ptr<const ListenerPlan>& plan,
              const std::optional<IpAddress>& peer) noexcept;
  void Add(Connection& connection);
  // Forgets a connection. `leaves`: the client goes, rather than living on in another connection.
  void Remove(Connection& connection, bool leaves) noexcept;

  // Asks the store of spends. Returns its answer, or writes a ticket: then `asker` hears it later,
  // unless the ticket is forgotten first.
  [[nodiscard]] std::optional<SpendAnswer> AskSpend(const SpendQuestion& question, UnixMillis now,
                                                    ClientConnection& asker, std::uint64_t& ticket);
  void ForgetSpend(std::uint64_t ticket) noexcept { asking_.erase(ticket); }
  // Any thread. What there is no memory to pass on is as if it had not come in time.
  void OnSpendAnswer(std::uint64_t ticket, const SpendAnswer& answer) noexcept override;

  // Has solutions checked by `desk`, which outlives the loop; without one they are checked here.
  // Call it before Run.
  void UseRedeemDesk(RedeemDesk& desk) noexcept { redeem_desk_ = &desk; }
  [[nodiscard]] bool has_redeem_desk() const noexcept { return redeem_desk_ != nullptr; }
  // Has `check` carried out for a client of this address, if its address is known. True: `asker`
  // hears what came of it, unless the ticket, which is written, is forgotten first. False: there is
  // no room for it.
  [[nodiscard]] bool AskCheck(const PuzzleCheck& check, const std::optional<IpAddress>& client,
                              ClientConnection& asker, std::uint64_t& ticket);
  void ForgetCheck(std::uint64_t ticket) noexcept;
  void NoteLateCheck() noexcept { redeem_desk_->NoteLate(); }
  // Any thread. What there is no memory to pass on is as if it had not come in time.
  void OnChecked(std::uint64_t ticket, PuzzleCheck::State outcome) noexcept override;

  // The pool of the site's upstream; null if it has none.
  [[nodiscard]] std::shared_ptr<UpstreamPool> PoolOf(const Engine& engine, std::size_t site);

  // The engine for a new request. Its keys hold at Now.
  [[nodiscard]] const Engine& Enter() noexcept {
    const Engine& engine = engines_.Enter(*worker_);
    if (&engine != entered_) Meet(engine);
    return engine;
  }
  // Of those that serve now: `entered`, which Enter has just returned, or the one on trial. Its
  // keys hold at Now as well.
  [[nodiscard]] const Engine& Choose(const Engine& entered, const Request& request) noexcept {
    const Engine& chosen = engines_.Choose(*worker_, entered, request);
    if (&chosen != &entered) Meet(chosen);  // What was entered may be freed from here on.
    return chosen;
  }
  [[nodiscard]] Worker& worker() noexcept { return *worker_; }
  [[nodiscard]] Answer& answer() noexcept { return answer_; }
  [[nodiscard]] FactFinder& facts() noexcept { return facts_; }
  [[nodiscard]] NameQuestions* names() noexcept { return routing_->look_ups.names.get(); }
  [[nodiscard]] DeadlineTimer& timer() noexcept { return timer_; }
  [[nodiscard]] LoopCounters& counters() noexcept { return counters_; }
  [[nodiscard]] const LoopCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] const LimitsConfig& limits() const noexcept { return routing_->limits; }
  // Notes a request that was refused.
  void NoteRefusal(const Engine& engine, const Request& request, const Decision& decision,
                   std::string_view reference, UnixMillis now) {
    refusals_.Note(routing_->refusal_log, engine, request, decision, reference, now);
  }
  [[nodiscard]] bool draining() const noexcept { return draining_; }
  // While draining: until when a connection without a request is kept.
  [[nodiscard]] Instant idle_end() const noexcept { return idle_end_; }

  // More is to be done than can be done in time: who has no clearance gets OverloadAnswer.
  [[nodiscard]] bool overloaded() const noexcept {
    return counters_.overloaded.load(std::memory_order_relaxed);
  }
  // Somebody was served this late.
  void NoteLate(std::chrono::milliseconds late) noexcept { overload_.Note(CoarseNow(), late); }
  // False if the loop is overloaded and has checked its share of solutions for the moment.
  [[nodiscard]] bool TakeRedeem() noexcept;

  // The time of a request: when the turn began, so some milliseconds behind.
  [[nodiscard]] UnixMillis Now() const noexcept { return time_; }
  [[nodiscard]] std::string_view Date() noexcept { return date_.At(Now().Seconds()); }

 private:
  using Connections = boost::intrusive::list<Connection>;

  void CloseEverything();
  void TakeOffer() noexcept;
  // Makes a connection of a client that was just accepted. `is_known`: its end is its own affair.
  void Welcome(StreamSocket socket, const std::shared_ptr<const ListenerPlan>& plan,
               const std::optional<IpAddress>& peer, bool& is_known);
  void PartUnknown() noexcept;
  // Waits for what comes next, and finds out how late it is.
  void Await();
  void ShowOverload();
  void WithdrawFallbacks() noexcept;
  void Meet(const Engine& engine) noexcept;

  Reactor reactor_;
  EngineSlot& engines_;
  std::unique_ptr<Worker> worker_;
  Occupancy& occupancy_;
  std::shared_ptr<const Routing> routing_;
  std::atomic<bool> has_offer_{false};
  std::mutex offer_mutex_;  // Of offered_.
  std::shared_ptr<const Routing> offered_;
  DeadlineTimer timer_;
  LoopCounters counters_;
  RefusalLog refusals_;
  FactFinder facts_;
  HttpDate date_;
  Answer answer_;
  Overload overload_;
  std::function<void()> on_overload_;
  Instant overloaded_since_{};
  Instant now_ = CoarseNow();  // When the turn began, and
  UnixMillis time_;            // what time it was.
  const Engine* entered_ = nullptr;
  Instant redeems_until_{};  // Until when redeems_left_ has to do.
  int redeems_left_ = 0;
  bool draining_ = false;
  Instant idle_end_ = Instant::max();
  bool stopped_ = false;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::shared_ptr<UpstreamPool>> pools_;  // By site, as in routing_; may be null.
  Connections connections_;
  std::uint64_t last_ticket_ = 0;
  std::unordered_map<std::uint64_t, ClientConnection*> asking_;  // By ticket.
  RedeemDesk* redeem_desk_ = nullptr;
};

}  // namespace stile

#endif  // STILE_SERVICE_EVENT_LOOP_H_
