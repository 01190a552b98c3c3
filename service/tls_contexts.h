#ifndef STILE_SERVICE_TLS_CONTEXTS_H_
#define STILE_SERVICE_TLS_CONTEXTS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "service/config.h"
#include "service/ticket_keys.h"
#include "service/tls_context.h"

namespace stile {

// The context of each listener that speaks TLS, by what TlsListenerNames calls it.
using TlsContexts = std::map<std::string, std::shared_ptr<const TlsContext>, std::less<>>;

// A name for each listener: its configured address, and a number where others have the same.
[[nodiscard]] std::vector<std::string> TlsListenerNames(const Config& config);

// How long a certificate holds, and where it is used.
struct CertificateState {
  std::string listener;
  std::string file;
  UnixMillis not_after;
};

// What the files of a configuration's listeners made.
struct LoadedTls {
  TlsContexts contexts;
  std::vector<CertificateState> certificates;
  std::vector<std::string> warnings;  // TlsCertificateWarnings, each once.
};

// Reads every certificate that `config` names, with paths resolved. One that can't be used is left
// out, and what is wrong with it is added to `mistakes`; a listener without any has no context.
[[nodiscard]] LoadedTls LoadTls(const Config& config, UnixMillis now,
                                const std::shared_ptr<TicketKeys>& tickets, Errors& mistakes);

}  // namespace stile

#endif  // STILE_SERVICE_TLS_CONTEXTS_H_
