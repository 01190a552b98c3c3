#include "service/tls_contexts.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "challenge/concat.h"
#include "service/tls_certificate.h"

namespace stile {
namespace {

void Load(const ListenerConfig& listener, const std::string& name, UnixMillis now,
          const std::shared_ptr<TicketKeys>& tickets, LoadedTls& loaded, Errors& mistakes) {
  std::vector<TlsCertificate> certificates;
  for (const TlsCertificateConfig& files : listener.tls) {
    auto certificate = ReadTlsCertificate(files);
    if (!certificate) {
      for (Error& error : certificate.error()) mistakes.push_back(std::move(error));
      continue;
    }
    for (std::string& warning : TlsCertificateWarnings(*certificate, now)) {
      const auto end = loaded.warnings.end();
      if (std::find(loaded.warnings.begin(), end, warning) == end) {
        loaded.warnings.push_back(std::move(warning));
      }
    }
    loaded.certificates.push_back({name, files.certificate, certificate->not_after});
    certificates.push_back(*std::move(certificate));
  }
  if (certificates.empty()) return;
  auto context = TlsContext::Create(std::move(certificates), name, tickets);
  if (context) {
    loaded.contexts[name] = *std::move(context);
    return;
  }
  Error error = std::move(context.error());
  for (const TlsCertificateConfig& files : listener.tls) {
    if (files.certificate != error.place) continue;
    error.message = Concat("certificate file ", files.certificate, ": ", error.message);
    error.place = files.certificate_place;
    break;
  }
  mistakes.push_back(std::move(error));
}

}  // namespace

std::vector<std::string> TlsListenerNames(const Config& config) {
  std::map<std::string, std::size_t> seen;
  std::vector<std::string> names;
  for (const ListenerConfig& listener : config.listeners) {
    std::string name = ToString(listener.address);
    if (const std::size_t earlier = seen[name]++; earlier != 0) name += Concat("#", earlier + 1);
    names.push_back(std::move(name));
  }
  return names;
}

LoadedTls LoadTls(const Config& config, UnixMillis now, const std::shared_ptr<TicketKeys>& tickets,
                  Errors& mistakes) {
  LoadedTls loaded;
  const std::vector<std::string> names = TlsListenerNames(config);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (config.listeners[i].tls.empty()) continue;
    Load(config.listeners[i], names[i], now, tickets, loaded, mistakes);
  }
  return loaded;
}

}  // namespace stile
