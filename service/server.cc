#include "service/server.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <thread>
#include <utility>

#include <absl/strings/str_cat.h>

#include "service/event_loop.h"
#include "service/listening_socket.h"
#include "service/memory_refusals.h"
#include "service/occupancy.h"
#include "service/refusal_log.h"

namespace stile {

struct Server::State {
  Occupancy occupancy;
  std::shared_ptr<const Routing> routing;
  RefusalBudget refusals;
  std::deque<std::atomic<bool>> answered;  // By loop, which must go first: what it was last asked.
  RedeemDesk redeem_desk;                  // The loops forget there what they asked when they end.
  std::vector<std::unique_ptr<EventLoop>> loops;
  std::vector<std::thread> threads;
  std::vector<ListeningSocket> sockets;  // The loops have duplicates.
  std::vector<SocketAddress> addresses;
  std::vector<std::pair<std::string, std::shared_ptr<TlsSlot>>> tls;  // By TlsListenerNames.

  [[nodiscard]] absl::Status Listen(const ListenerConfig& listener, const std::string& name,
                                    InheritedSockets* inherited);
};

namespace {

std::size_t LoopCount(const LimitsConfig& limits) {
  if (limits.loops != 0) return limits.loops;
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

namespace {

constexpr std::chrono::milliseconds kPostAgain{10};

// For what has no other way: memory that is short comes back.
template <typename Task>
void PostSurely(EventLoop& loop, Task task) noexcept {
  while (!Attempt(MemoryPlace::kMain, [&] { loop.Post(task); })) {
    std::this_thread::sleep_for(kPostAgain);
  }
}

// What to listen on: sockets that are there already, or else new ones, of which a TCP address gets
// `loops`.
absl::StatusOr<std::vector<ListeningSocket>> SocketsFor(SocketAddress address, std::size_t loops,
                                                        InheritedSockets* inherited) {
  std::vector<ListeningSocket> sockets;
  if (inherited != nullptr) sockets = inherited->Take(address);
  for (const ListeningSocket& socket : sockets) {
    if (absl::Status status = socket.UseRights(address); !status.ok()) return status;
  }
  // Not even for loops that find none of their own: what waits in a socket that this process
  // alone knows is lost with it, should it fail before it has taken over.
  if (!sockets.empty()) return sockets;
  const std::size_t count = address.is_unix ? 1 : loops;
  while (sockets.size() < count) {
    absl::StatusOr<ListeningSocket> socket = ListeningSocket::Open(address);
    if (!socket.ok()) return socket.status();
    address = socket->address();  // The first chooses the port.
    sockets.push_back(*std::move(socket));
  }
  return sockets;
}

}  // namespace

// Every loop gets a socket, and every socket a loop.
absl::Status Server::State::Listen(const ListenerConfig& listener, const std::string& name,
                                   InheritedSockets* inherited) {
  const std::shared_ptr<const ListenerPlan> plan = ListenerPlan::Of(listener);
  if (plan->tls != nullptr) tls.emplace_back(name, plan->tls);
  auto found = SocketsFor(listener.address, loops.size(), inherited);
  if (!found.ok()) return found.status();
  for (std::size_t i = 0; i < std::max(loops.size(), found->size()); ++i) {
    const ListeningSocket& socket = (*found)[i % found->size()];
    const int descriptor = socket.Duplicate();
    if (descriptor < 0) {
      return absl::ResourceExhaustedError(
          absl::StrCat("no descriptor is left for ", ToString(socket.address())));
    }
    loops[i % loops.size()]->Listen(descriptor, plan);
  }
  SocketAddress address = listener.address;
  address.port = found->front().address().port;
  addresses.push_back(std::move(address));
  for (ListeningSocket& socket : *found) sockets.push_back(std::move(socket));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const Config& config, EngineSlot& engines,
                                                       LookUps look_ups, const TlsContexts& tls,
                                                       InheritedSockets* inherited) {
  auto state = std::make_unique<State>();
  state->routing = Routing::Of(config, std::move(look_ups));
  for (std::size_t i = 0; i < LoopCount(config.limits); ++i) {
    state->loops.push_back(
        std::make_unique<EventLoop>(engines, state->occupancy, state->refusals, state->routing));
    state->answered.emplace_back(true);
    if (!state->loops.back()->ok()) {
      return absl::ResourceExhaustedError("no descriptor is left for an event loop");
    }
  }
  const std::vector<std::string> names = TlsListenerNames(config);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const absl::Status status = state->Listen(config.listeners[i], names[i], inherited);
    if (!status.ok()) return status;
  }
  std::unique_ptr<Server> server(new Server(std::move(state)));
  server->UseTls(tls);
  return server;
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { Stop(); }

void Server::Start() {
  if (!state_->threads.empty()) return;
  if (state_->redeem_desk.Start().ok()) {
    for (const auto& loop : state_->loops) loop->UseRedeemDesk(state_->redeem_desk);
  }
  for (const auto& loop : state_->loops) {
    state_->threads.emplace_back([&served = *loop] { served.Run(); });
    pthread_setname_np(state_->threads.back().native_handle(), "stile-loop");
  }
}

bool Server::has_redeem_desk() const { return state_->loops.front()->has_redeem_desk(); }

std::shared_ptr<const DeskTotals> Server::redeems() const { return state_->redeem_desk.totals(); }

void Server::OnOverload(std::function<void()> changed) {
  for (const auto& loop : state_->loops) loop->OnOverload(changed);
}

std::size_t Server::overloaded() const {
  return static_cast<std::size_t>(
      std::count_if(state_->loops.begin(), state_->loops.end(), [](const auto& loop) {
        return std::as_const(*loop).counters().overloaded.load(std::memory_order_relaxed);
      }));
}

void Server::UseConfig(const Config& config, LookUps look_ups) {
  UseRouting(Routing::Of(config, std::move(look_ups)));
}

void Server::UseRouting(std::shared_ptr<const Routing> routing) noexcept {
  for (const auto& loop : state_->loops) loop->OfferRouting(routing);
  state_->routing = std::move(routing);
}

const std::shared_ptr<const Routing>& Server::routing() const noexcept { return state_->routing; }

void Server::UseTls(const TlsContexts& contexts) noexcept {
  for (const auto& [name, slot] : state_->tls) {
    const auto found = contexts.find(name);
    if (found != contexts.end()) slot->Set(found->second);
  }
}

std::size_t Server::Drain(std::chrono::milliseconds timeout, std::chrono::milliseconds idle) {
  // First, so that each socket ends with the loop that accepts its last client.
  state_->sockets.clear();
  for (const auto& loop : state_->loops) {
    PostSurely(*loop, [&served = *loop, idle] { served.BeginDrain(idle); });
  }
  const std::size_t cut = state_->occupancy.AwaitEmpty(timeout);
  Stop();
  return cut;
}

Server::Health Server::Beat() {
  Health health;
  health.loops = state_->loops.size();
  for (std::size_t i = 0; i < health.loops; ++i) {
    std::atomic<bool>& answered = state_->answered[i];
    if (!answered.load()) continue;
    ++health.answering;
    answered.store(false);
    try {
      state_->loops[i]->Post([&answered] { answered.store(true); });
    } catch (const std::exception&) {  // No memory to ask: what it said last holds.
      answered.store(true);
    }
  }
  return health;
}

void Server::Stop() {
  state_->redeem_desk.Close();
  for (const auto& loop : state_->loops) {
    PostSurely(*loop, [&served = *loop] { served.Stop(); });
  }
  for (std::thread& thread : state_->threads) thread.join();
  state_->threads.clear();
  state_->sockets.clear();
}

const std::vector<ListeningSocket>& Server::sockets() const { return state_->sockets; }

void Server::LeaveFiles() {
  for (ListeningSocket& socket : state_->sockets) socket.LeaveFile();
}

void Server::InheritFiles() {
  for (ListeningSocket& socket : state_->sockets) socket.InheritFile();
}

std::vector<SocketAddress> Server::addresses() const { return state_->addresses; }

void Server::VisitCounters(const std::function<void(const LoopCounters&)>& visit) const {
  for (const auto& loop : state_->loops) visit(std::as_const(*loop).counters());
}

}  // namespace stile
