#include "service/first_refusals.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "service/log.h"

namespace stile {
namespace {

// Logs each reason of `counters` that is neither zero nor said.
template <typename Reason, typename Counters, typename Said>
void SayFirst(std::string_view event, std::string_view message,
              std::string_view (*name)(Reason) noexcept, const Counters& counters, Said& said) {
  for (std::size_t i = 1; i < said.size(); ++i) {
    if (said[i] || counters[i].Get() == 0) continue;
    said[i] = true;
    Log(LogLevel::kWarning, event,
        {{"reason", std::string(name(static_cast<Reason>(i)))}, {"message", std::string(message)}});
  }
}

}  // namespace

void FirstRefusals::Look(const Server& server) {
  server.VisitCounters([this](const LoopCounters& loop) {
    SayFirst("question-refused",
             "a listener that proxies ask answered 403, or \"deny\" by SPOP, to a question that "
             "describes no request; stile_descriptions_refused_total counts the rest",
             &DescriptionReasonName, loop.descriptions_refused, questions_);
    SayFirst("proxy-header-refused",
             "a connection was closed, since client_address = \"proxy\" and no PROXY header that "
             "is believed came first; stile_proxy_headers_refused_total counts the rest",
             &ProxyHeaderReasonName, loop.proxy_headers_refused, proxy_headers_);
  });
}

}  // namespace stile
