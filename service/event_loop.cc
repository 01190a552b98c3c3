#include "service/event_loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <string_view>

#include <boost/asio/error.hpp>

#include "service/block_stock.h"
#include "service/client_connection.h"
#include "service/dialect/dialect.h"
#include "service/dialect/spop_connection.h"
#include "service/guarded_time.h"
#include "service/memory_refusals.h"
#include "service/overload_answer.h"
#include "service/proxy_introduction.h"
#include "service/tls_handshake.h"
#include "service/wall_clock.h"
#include "verifier/rate_table.h"

namespace stile {
namespace {

constexpr int kOverloadPatience = 50;  // Milliseconds.
constexpr int kOfferPatience = 50;     // Until what there was no memory for is tried again.
// What a loop that is overloaded spends on solutions: at some 20 us each a fortieth of its time.
constexpr int kRedeemsInOverload = 64;
// Connections over max_connections that nobody but trusted proxies get for their questions, where
// being turned away is an error to them: clients that have taken all others would be past whatever
// fails open then.
constexpr std::uint32_t kAskersReserve = 1'024;
constexpr std::chrono::milliseconds kRedeemPeriod{50};
// How long a loop is overloaded before it offers no `wait` any more; sha256 goes at once, which
// costs those least who can do better.
constexpr std::chrono::seconds kWaitStays{10};
// What counts as one prefix at the redeem desk.
constexpr int kDeskPrefix4 = 24;
constexpr int kDeskPrefix6 = 56;
constexpr std::uint64_t kUnknownPrefix = 1;  // No real network's.

// Says that there is no room. What the client has sent already is read first, for closing on unread
// bytes would take the answer away from it. Whether it arrives is not worth waiting for.
void TurnAway(int descriptor, ListenerMode mode) noexcept {
  char unread[4096];
  (void)!recv(descriptor, unread, sizeof(unread), MSG_DONTWAIT);
  const std::string_view answer = FullAnswer(mode);
  (void)!send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::uint32_t MostConnections(const LimitsConfig& limits, const ListenerPlan& plan,
                              const std::optional<IpAddress>& peer) noexcept {
  const bool fails = plan.mode == ListenerMode::kSpop || plan.mode == ListenerMode::kExtAuthz;
  const bool asks = fails && IsTrustedPeer(plan.client_address, peer);
  return limits.max_connections + (asks ? kAskersReserve : 0);
}

// What time it is for requests to `engine`. Whoever sets another one ends the offer last, so that
// whoever finds none any more finds that time.
UnixMillis TimeFor(const Engine& engine) noexcept {
  const std::optional<UnixMillis> offered = GuardedTime::Offered();
  const UnixMillis now = WallClock();
  return !offered || engine.SignsAt(now) ? now : *offered;
}

}  // namespace

EventLoop::EventLoop(EngineSlot& engines, Occupancy& occupancy, RefusalBudget& refusals,
                     std::shared_ptr<const Routing> routing)
    : engines_(engines), worker_(engines.NewWorker()), occupancy_(occupancy), refusals_(refusals) {
  UseRouting(std::move(routing));
}

EventLoop::~EventLoop() {
  CloseEverything();
  // Every operation that was aborted lets go while what it belongs to is still there.
  reactor_.RunOwed();
}

void EventLoop::Listen(int descriptor, std::shared_ptr<const ListenerPlan> plan) {
  listeners_.push_back(std::make_unique<Listener>(reactor_, *this, descriptor, std::move(plan)));
}

void EventLoop::Run() {
  // A thread that is to clean up when it ends must say so while there is memory.
  (void)BlockStock::Mine();
  for (const auto& listener : listeners_) listener->Start();
  while (true) {
    timer_.Turn(now_);
    if (has_offer_.load(std::memory_order_acquire)) TakeOffer();
    reactor_.RunOwed();
    // A task may have stopped the loop, or armed the first deadline there is.
    if (stopped_) break;
    Await();
    reactor_.Serve(overloaded());
  }
  // What was ended lets go of its connection.
  reactor_.RunOwed();
}

void EventLoop::Await() {
  const Instant before = CoarseNow();
  int patience = timer_.Patience(before);
  // Even if nobody comes any more it has to find out that it is over.
  if (overloaded() && (patience < 0 || patience > kOverloadPatience)) patience = kOverloadPatience;
  if (has_offer_.load(std::memory_order_relaxed) && (patience < 0 || patience > kOfferPatience)) {
    patience = kOfferPatience;
  }
  overload_.BeginWait(before, patience);
  reactor_.Await(patience, overloaded() ? Reactor::kMost : Reactor::kUsual);
  now_ = CoarseNow();
  time_ = TimeFor(*entered_);
  overload_.EndWait(now_);
  if (reactor_.found_alarm()) overload_.FindMark(now_);
  if (overload_.WantsMark(reactor_.found_all_it_can())) {
    overload_.SetMark(now_);
    reactor_.Mark();
  }
  const auto worst = static_cast<std::uint32_t>(overload_.worst().count());
  if (counters_.worst_late_ms.load(std::memory_order_relaxed) != worst) {
    counters_.worst_late_ms.store(worst, std::memory_order_relaxed);
  }
  if (overload_.holds() != overloaded()) ShowOverload();
  if (overloaded()) WithdrawFallbacks();
}

void EventLoop::ShowOverload() {
  if (overload_.holds()) counters_.overloads.Add();
  counters_.overloaded.store(overload_.holds(), std::memory_order_relaxed);
  overloaded_since_ = now_;
  WithdrawFallbacks();
  if (on_overload_) on_overload_();
}

void EventLoop::WithdrawFallbacks() noexcept {
  const bool sha256 = overloaded();
  const bool wait = overloaded() && now_ - overloaded_since_ >= kWaitStays;
  FallbackSwitch& fallbacks = worker_->fallbacks();
  fallbacks.Set(Puzzle::kSha256, FallbackSwitch::Cause::kOverload, sha256);
  fallbacks.Set(Puzzle::kWait, FallbackSwitch::Cause::kOverload, wait);
  counters_.without_sha256.store(sha256, std::memory_order_relaxed);
  counters_.without_wait.store(wait, std::memory_order_relaxed);
}

bool EventLoop::TakeRedeem() noexcept {
  if (!overloaded()) return true;
  if (now_ >= redeems_until_) {
    redeems_until_ = now_ + kRedeemPeriod;
    redeems_left_ = kRedeemsInOverload;
  }
  if (redeems_left_ == 0) return false;
  --redeems_left_;
  return true;
}

void EventLoop::UseRouting(std::shared_ptr<const Routing> routing) {
  std::vector<std::shared_ptr<UpstreamPool>> pools;
  for (const Routing::Site& site : routing->sites) {
    const SocketAddress& upstream = site.upstream;
    if (!upstream.is_unix && upstream.host.empty()) {
      pools.emplace_back();
      continue;
    }
    const auto same = std::find_if(pools_.begin(), pools_.end(), [&](const auto& pool) {
      return pool && pool->address().is_unix == upstream.is_unix &&
             pool->address().host == upstream.host && pool->address().port == upstream.port &&
             pool->address().path == upstream.path;
    });
    pools.push_back(
        same != pools_.end() ? *same : std::make_shared<UpstreamPool>(reactor_, timer_, upstream));
  }
  routing_ = std::move(routing);
  facts_.UseDatabases(routing_->look_ups.databases);
  overload_.SetLimit(routing_->limits.overload);
  pools_.swap(pools);
  for (const auto& pool : pools) {
    if (pool && std::find(pools_.begin(), pools_.end(), pool) == pools_.end()) pool->Close();
  }
  // Without a request of its own an idle loop would keep the old engine alive.
  (void)Enter();
}

void EventLoop::OfferRouting(std::shared_ptr<const Routing> routing) noexcept {
  {
    const std::lock_guard lock(offer_mutex_);
    offered_.swap(routing);
    has_offer_.store(true, std::memory_order_release);
  }
  reactor_.Mark();
}

void EventLoop::TakeOffer() noexcept {
  std::shared_ptr<const Routing> routing;
  {
    const std::lock_guard lock(offer_mutex_);
    routing.swap(offered_);
    has_offer_.store(false, std::memory_order_relaxed);
  }
  try {
    UseRouting(routing);
  } catch (const std::exception&) {
    NoteMemoryRefusal(MemoryPlace::kLoop);
    const std::lock_guard lock(offer_mutex_);
    if (offered_ == nullptr) offered_ = std::move(routing);  // Else there is a later one.
    has_offer_.store(true, std::memory_order_relaxed);
  }
}

void EventLoop::BeginDrain(std::chrono::milliseconds idle) {
  draining_ = true;
  idle_end_ = CoarseNow() + idle;
  for (const auto& listener : listeners_) listener->CloseAfterLast();
  for (auto at = connections_.begin(); at != connections_.end();) {
    Connection& connection = *at++;
    connection.BeginDrain();  // May take itself, and nothing else, off the list.
  }
}

void EventLoop::Stop() {
  CloseEverything();
  stopped_ = true;
}

void EventLoop::CloseEverything() {
  draining_ = true;
  timer_.Stop();
  for (const auto& listener : listeners_) listener->Close();
  while (!connections_.empty()) connections_.front().Close();
  for (const auto& pool : pools_) {
    if (pool) pool->Close();
  }
}

void EventLoop::Accept(int descriptor, const std::shared_ptr<const ListenerPlan>& plan,
                       const std::optional<IpAddress>& peer) noexcept {
  if (!occupancy_.Enter(MostConnections(routing_->limits, *plan, peer))) {
    counters_.connections_refused.Add();
    if (plan->tls == nullptr) TurnAway(descriptor, plan->mode);
    close(descriptor);
    return;
  }
  counters_.connections_accepted.Add();
  StreamSocket socket(reactor_);
  SocketError error;
  socket.assign(descriptor, error);
  if (error) {
    close(descriptor);
    if (error == boost::asio::error::no_memory) NoteMemoryRefusal(MemoryPlace::kLoop);
    return PartUnknown();
  }
  bool is_known = false;
  try {
    Welcome(std::move(socket), plan, peer, is_known);
  } catch (const std::exception&) {
    NoteMemoryRefusal(MemoryPlace::kLoop);
    if (!is_known) PartUnknown();
  }
}

void EventLoop::PartUnknown() noexcept {
  counters_.connections_closed.Add();
  occupancy_.Leave();
}

void EventLoop::Welcome(StreamSocket socket, const std::shared_ptr<const ListenerPlan>& plan,
                        const std::optional<IpAddress>& peer, bool& is_known) {
  // Whoever isn't known to be cleared gives way. Proxies ask for all.
  if (!IsAsked(plan->mode) && plan->mode != ListenerMode::kSpop &&
      plan->mode != ListenerMode::kSiteverify) {
    socket.channel().set_yields(true);
  }
  const auto begin = [this, &is_known](auto connection) {
    Add(*connection);
    is_known = true;
    connection->Start();
  };
  if (plan->mode == ListenerMode::kSpop) {
    return begin(boost::intrusive_ptr<SpopConnection>(
        new SpopConnection(*this, std::move(socket), plan, peer)));
  }
  if (plan->client_address.source == ClientAddressSource::kProxy) {
    return begin(boost::intrusive_ptr<ProxyIntroduction>(
        new ProxyIntroduction(*this, std::move(socket), plan, peer)));
  }
  if (plan->tls != nullptr) {
    return begin(boost::intrusive_ptr<TlsHandshake>(
        new TlsHandshake(*this, std::move(socket), plan, {peer, true})));
  }
  begin(boost::intrusive_ptr<ClientConnection>(
      new ClientConnection(*this, std::move(socket), plan, {peer, false})));
}

void EventLoop::Add(Connection& connection) {
  intrusive_ptr_add_ref(&connection);
  connections_.push_back(connection);
}

void EventLoop::Remove(Connection& connection, bool leaves) noexcept {
  connections_.erase(connections_.iterator_to(connection));
  if (leaves) {
    counters_.connections_closed.Add();
    occupancy_.Leave();
  }
  intrusive_ptr_release(&connection);
}

std::shared_ptr<UpstreamPool> EventLoop::PoolOf(const Engine& engine, std::size_t site) {
  const std::size_t at = routing_->Find(engine.site_options(site).name, site);
  return at < pools_.size() ? pools_[at] : nullptr;
}

std::optional<SpendAnswer> EventLoop::AskSpend(const SpendQuestion& question, UnixMillis now,
                                               ClientConnection& asker, std::uint64_t& ticket) {
  SpendDesk* desk = routing_->look_ups.spends.get();
  // Tokens that this process never sold may come from one that it replaced.
  if (desk == nullptr) return SpendAnswer{};
  const std::uint64_t next = ++last_ticket_;
  asking_[next] = &asker;
  std::optional<SpendAnswer> answer = desk->Ask(question, now, *this, next);
  if (answer) {
    asking_.erase(next);
  } else {
    ticket = next;
  }
  return answer;
}

void EventLoop::OnSpendAnswer(std::uint64_t ticket, const SpendAnswer& answer) noexcept {
  ContainEvent([this, ticket, answer] {
    Post([this, ticket, answer] {
      const auto found = asking_.find(ticket);
      if (found != asking_.end()) found->second->OnSpendAnswer(answer);
    });
  });
}

bool EventLoop::AskCheck(const PuzzleCheck& check, const std::optional<IpAddress>& client,
                         ClientConnection& asker, std::uint64_t& ticket) {
  const std::uint64_t prefix =
      client ? RateTable::PrefixKey(*client, kDeskPrefix4, kDeskPrefix6) : kUnknownPrefix;
  const std::uint64_t next = ++last_ticket_;
  asking_[next] = &asker;
  if (redeem_desk_->Place(check, prefix, *this, next) != DeskRefusal::kNone) {
    asking_.erase(next);
    return false;
  }
  ticket = next;
  return true;
}

void EventLoop::ForgetCheck(std::uint64_t ticket) noexcept {
  asking_.erase(ticket);
  redeem_desk_->Forget(*this, ticket);
}

void EventLoop::OnChecked(std::uint64_t ticket, PuzzleCheck::State outcome) noexcept {
  ContainEvent([this, ticket, outcome] {
    Post([this, ticket, outcome] {
      const auto found = asking_.find(ticket);
      if (found != asking_.end()) found->second->OnChecked(outcome);
    });
  });
}

void EventLoop::Meet(const Engine& engine) noexcept {
  entered_ = &engine;
  time_ = TimeFor(engine);
}

}  // namespace stile
