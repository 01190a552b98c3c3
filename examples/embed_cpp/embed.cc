#include <cstdio>

#include "challenge/key_file.h"
#include "engine/engine_slot.h"

int main() {
  const stile::UnixMillis now{1'800'000'000'000};  // Stile reads no clock: you pass the time in.
  auto keys = stile::ParseKeyFile(stile::FormatNewKey(1, now), "keys.toml");  // Your key file.
  auto ring = stile::KeyRing::Create(std::move(keys.value()), now);
  auto tables = stile::RedeemTables::Create({});  // Shared by every site and reload.
  stile::EngineOptions options;
  options.sites.emplace_back();  // One site for every host, with the built-in policy.
  auto engine = stile::Engine::Create(std::move(options), ring.value(), tables.value());
  stile::EngineSlot slot(std::move(engine.value()));  // A reload publishes its engine here.
  auto worker = slot.NewWorker();                     // One per thread.

  stile::Request request;  // Views of what your proxy has parsed.
  request.method = "GET", request.target = "/docs/", request.host = "example.org";
  request.accept = "text/html";
  request.address = stile::IpAddress::Parse("192.0.2.1");

  const stile::Engine& current = slot.Enter(*worker);
  const stile::Decision decision = current.Decide(request, now, *worker);
  if (decision.action == stile::Action::kAllow) return 0;  // On to the origin.
  stile::Answer answer;
  current.Respond(request, decision, "", now, *worker, answer);
  std::printf("%d with %zu bytes\n", answer.status, answer.body.size());
}
