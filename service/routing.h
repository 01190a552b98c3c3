#ifndef STILE_SERVICE_ROUTING_H_
#define STILE_SERVICE_ROUTING_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/config.h"
#include "service/geo_database.h"
#include "service/name_questions.h"
#include "service/spend_desk.h"

namespace stile {

// Where a loop looks up what it wants to know of a client, besides the request.
struct LookUps {
  GeoDatabases databases;
  std::shared_ptr<NameQuestions> names;  // Null: reverse DNS is off.
  std::shared_ptr<SpendDesk> spends;     // Null: no site sells tokens.
};

// Where each site's requests go, and within what limits: the part of a configuration that may
// change while connections are open. Immutable and shared by the loops.
struct Routing {
  struct Site {
    std::string name;
    SocketAddress upstream;  // host empty and is_unix false: none.
  };
  std::vector<Site> sites;
  LimitsConfig limits;
  RefusalLogConfig refusal_log;
  LookUps look_ups;

  [[nodiscard]] static std::shared_ptr<const Routing> Of(const Config& config,
                                                         LookUps look_ups = {}) {
    auto routing = std::make_shared<Routing>();
    routing->look_ups = std::move(look_ups);
    for (std::size_t i = 0; i < config.sites.size(); ++i) {
      routing->sites.push_back({config.sites[i].options.name, config.upstreams[i]});
    }
    routing->limits = config.limits;
    routing->refusal_log = config.refusal_log;
    return routing;
  }

  // The place of the site called `name`, which is likely `guess`; sites.size() if there is none.
  [[nodiscard]] std::size_t Find(std::string_view name, std::size_t guess) const noexcept {
    if (guess < sites.size() && sites[guess].name == name) return guess;
    std::size_t i = 0;
    while (i < sites.size() && sites[i].name != name) ++i;
    return i;
  }
};

}  // namespace stile

#endif  // STILE_SERVICE_ROUTING_H_
