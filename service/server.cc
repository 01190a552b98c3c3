#include "service/server.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>
#include <utility>

#include <absl/strings/str_cat.h>

#include "service/event_loop.h"
#include "service/listening_socket.h"
#include "service/occupancy.h"
#include "service/refusal_log.h"

namespace stile {

struct Server::State {
  Occupancy occupancy;
  RefusalBudget refusals;
  std::deque<std::atomic<bool>> answered;  // By loop, which must go first: what it was last asked.
  std::vector<std::unique_ptr<EventLoop>> loops;
  std::vector<std::thread> threads;
  std::vector<ListeningSocket> unix_sockets;  // Kept for their files; the loops have duplicates.
  std::vector<SocketAddress> addresses;
  std::vector<std::pair<std::string, std::shared_ptr<TlsSlot>>> tls;  // By TlsListenerNames.

  [[nodiscard]] absl::Status Listen(const ListenerConfig& listener, const std::string& name);
};

namespace {

std::size_t LoopCount(const LimitsConfig& limits) {
  if (limits.loops != 0) return limits.loops;
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

// Every loop gets a socket of its own for a TCP address and a duplicate of the one for a unix path.
absl::Status Server::State::Listen(const ListenerConfig& listener, const std::string& name) {
  const std::shared_ptr<const ListenerPlan> plan = ListenerPlan::Of(listener);
  if (plan->tls != nullptr) tls.emplace_back(name, plan->tls);
  SocketAddress address = listener.address;
  if (address.is_unix) {
    absl::StatusOr<ListeningSocket> socket = ListeningSocket::Open(address);
    if (!socket.ok()) return socket.status();
    for (const auto& loop : loops) {
      const int descriptor = socket->Duplicate();
      if (descriptor < 0) {
        return absl::ResourceExhaustedError(
            absl::StrCat("no descriptor is left for ", ToString(address)));
      }
      loop->Listen(descriptor, plan);
    }
    unix_sockets.push_back(*std::move(socket));
  } else {
    for (const auto& loop : loops) {
      absl::StatusOr<ListeningSocket> socket = ListeningSocket::Open(address);
      if (!socket.ok()) return socket.status();
      address = socket->address();  // The first chooses the port.
      loop->Listen(socket->Release(), plan);
    }
  }
  addresses.push_back(address);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const Config& config, EngineSlot& engines,
                                                       LookUps look_ups, const TlsContexts& tls) {
  auto state = std::make_unique<State>();
  const std::shared_ptr<const Routing> routing = Routing::Of(config, std::move(look_ups));
  for (std::size_t i = 0; i < LoopCount(config.limits); ++i) {
    state->loops.push_back(
        std::make_unique<EventLoop>(engines, state->occupancy, state->refusals, routing));
    state->answered.emplace_back(true);
    if (!state->loops.back()->ok()) {
      return absl::ResourceExhaustedError("no descriptor is left for an event loop");
    }
  }
  const std::vector<std::string> names = TlsListenerNames(config);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const absl::Status status = state->Listen(config.listeners[i], names[i]);
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
  for (const auto& loop : state_->loops) {
    state_->threads.emplace_back([&served = *loop] { served.Run(); });
    pthread_setname_np(state_->threads.back().native_handle(), "stile-loop");
  }
}

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
  const std::shared_ptr<const Routing> routing = Routing::Of(config, std::move(look_ups));
  for (const auto& loop : state_->loops) {
    loop->Post([&served = *loop, routing] { served.UseRouting(routing); });
  }
}

void Server::UseTls(const TlsContexts& contexts) {
  for (const auto& [name, slot] : state_->tls) {
    const auto found = contexts.find(name);
    if (found != contexts.end()) slot->Set(found->second);
  }
}

std::size_t Server::Drain(std::chrono::milliseconds timeout) {
  for (const auto& loop : state_->loops) {
    loop->Post([&served = *loop] { served.BeginDrain(); });
  }
  // New clients find no one: neither a listening socket nor its file.
  state_->unix_sockets.clear();
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
    state_->loops[i]->Post([&answered] { answered.store(true); });
  }
  return health;
}

void Server::Stop() {
  for (const auto& loop : state_->loops) {
    loop->Post([&served = *loop] { served.Stop(); });
  }
  for (std::thread& thread : state_->threads) thread.join();
  state_->threads.clear();
  state_->unix_sockets.clear();
}

std::vector<SocketAddress> Server::addresses() const { return state_->addresses; }

void Server::VisitCounters(const std::function<void(const LoopCounters&)>& visit) const {
  for (const auto& loop : state_->loops) visit(std::as_const(*loop).counters());
}

}  // namespace stile
