#include "service/tls_certificate.h"

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string_view>
#include <utility>

#include "challenge/concat.h"
#include "service/file_text.h"
#include "service/utc_text.h"

namespace stile {
namespace {

constexpr std::chrono::hours kSoon{7 * 24};

// What OpenSSL says last; it quotes nothing of its input.
std::string OpensslReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "OpenSSL refuses it" : reason;
}

// The text of a file that may hold a key: wiped when it goes.
struct WipedText {
  FileText file;
  WipedText() = default;
  WipedText(const WipedText&) = delete;
  WipedText& operator=(const WipedText&) = delete;
  ~WipedText() { OPENSSL_cleanse(file.text.data(), file.text.size()); }
};

OpensslHandle<BIO> BioOf(const std::string& text) {
  return OpensslHandle<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

UnixMillis TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return UnixMillis{0};
  return UnixMillis::FromSeconds(timegm(&parts));
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return lower;
}

void AddName(const ASN1_STRING* text, std::vector<std::string>& names) {
  if (text == nullptr || names.size() >= kMaxNames) return;
  const std::string_view name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                              static_cast<std::size_t>(ASN1_STRING_length(text)));
  if (name.empty() || name.size() > 253 || name.find('\0') != std::string_view::npos) return;
  names.push_back(LowerCase(name));
}

// The DNS names of its subjectAltName; where there are none at all, its common name.
std::vector<std::string> NamesOf(X509* leaf) {
  std::vector<std::string> names;
  auto* const alternatives =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr));
  if (alternatives != nullptr) {
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
      const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives, i);
      if (name->type == GEN_DNS) AddName(name->d.dNSName, names);
    }
    GENERAL_NAMES_free(alternatives);
    return names;
  }
  const X509_NAME* subject = X509_get_subject_name(leaf);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) AddName(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), names);
  return names;
}

// A key with a passphrase gets none: stiled can't be asked at three in the morning.
int RefusePassphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

// What is wrong with one of the files.
class Mistakes {
 public:
  void Add(ErrorCode code, const std::string& place, std::string message) {
    errors_.push_back(Error{code, place, std::move(message)});
  }
  [[nodiscard]] bool none() const { return errors_.empty(); }
  [[nodiscard]] Errors Take() { return std::move(errors_); }

 private:
  Errors errors_;
};

void ReadChain(const TlsCertificateConfig& files, TlsCertificate& out, Mistakes& mistakes) {
  const auto wrong = [&](ErrorCode code, std::string_view what) {
    mistakes.Add(code, files.certificate_place,
                 Concat("certificate file ", files.certificate, ": ", what));
  };
  WipedText text;  // It may hold the key as well.
  absl::StatusOr<FileText> read = ReadFile(files.certificate, kMaxCertificateFile);
  if (!read.ok()) return wrong(CodeOf(read.status()), std::string(read.status().message()));
  text.file = *std::move(read);
  const OpensslHandle<BIO> bio = BioOf(text.file.text);
  while (bio != nullptr) {
    OpensslHandle<X509> next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    if (out.leaf == nullptr) {
      out.leaf = std::move(next);
    } else {
      out.chain.push_back(std::move(next));
    }
    if (out.chain.size() >= kMaxChain) {
      return wrong(ErrorCode::kOutOfRange,
                   Concat("it has more than ", kMaxChain, " certificates: leave out the others"));
    }
  }
  const unsigned long error = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (at_end) ERR_clear_error();
  if (!at_end) {
    return wrong(
        ErrorCode::kInvalidArgument,
        Concat(out.leaf == nullptr ? "its first certificate" : "a certificate of its chain",
               " is damaged (", OpensslReason(), "): fetch it again"));
  }
  if (out.leaf == nullptr) {
    return wrong(ErrorCode::kInvalidArgument,
                 "it holds no certificate: write PEM that begins with BEGIN CERTIFICATE");
  }
  out.names = NamesOf(out.leaf.get());
  out.not_before = TimeOf(X509_get0_notBefore(out.leaf.get()));
  out.not_after = TimeOf(X509_get0_notAfter(out.leaf.get()));
  X509* below = out.leaf.get();
  for (const OpensslHandle<X509>& above : out.chain) {
    if (X509_check_issued(above.get(), below) != X509_V_OK) out.chain_is_broken = true;
    below = above.get();
  }
}

void ReadKey(const TlsCertificateConfig& files, TlsCertificate& out, Mistakes& mistakes) {
  const auto wrong = [&](ErrorCode code, std::string_view what) {
    mistakes.Add(code, files.key_place, Concat("private key file ", files.key, ": ", what));
  };
  WipedText text;
  absl::StatusOr<FileText> read = ReadFile(files.key, kMaxPrivateKeyFile);
  if (!read.ok()) return wrong(CodeOf(read.status()), std::string(read.status().message()));
  text.file = *std::move(read);
  out.key_readable_by_others = text.file.readable_by_others;
  const OpensslHandle<BIO> bio = BioOf(text.file.text);
  bool has_passphrase = false;
  out.key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, RefusePassphrase, &has_passphrase));
  const std::string reason = OpensslReason();
  if (out.key != nullptr) return;
  if (has_passphrase) {
    return wrong(ErrorCode::kInvalidArgument,
                 "it has a passphrase: take it off with `openssl pkey -in OLD -out NEW` and set "
                 "the file's mode to 0600");
  }
  if (text.file.text.find("PRIVATE KEY-----") == std::string::npos) {
    return wrong(ErrorCode::kInvalidArgument,
                 "it holds no private key: write PEM that begins with BEGIN PRIVATE KEY");
  }
  wrong(ErrorCode::kInvalidArgument, Concat("the key is damaged (", reason, "): restore it"));
}

}  // namespace

tl::expected<TlsCertificate, Errors> ReadTlsCertificate(const TlsCertificateConfig& files) {
  TlsCertificate certificate;
  certificate.file = files.certificate;
  certificate.key_file = files.key;
  Mistakes mistakes;
  ERR_clear_error();
  ReadChain(files, certificate, mistakes);
  ReadKey(files, certificate, mistakes);
  if (mistakes.none() &&
      X509_check_private_key(certificate.leaf.get(), certificate.key.get()) != 1) {
    ERR_clear_error();
    mistakes.Add(ErrorCode::kInvalidArgument, files.key_place,
                 Concat("private key file ", files.key, ": the key doesn't fit the certificate ",
                        files.certificate, ": name the key that the certificate was made for"));
  }
  if (!mistakes.none()) return tl::unexpected(mistakes.Take());
  return certificate;
}

std::vector<std::string> TlsCertificateWarnings(const TlsCertificate& certificate, UnixMillis now) {
  std::vector<std::string> warnings;
  const auto warn = [&](auto... parts) {
    warnings.push_back(Concat(certificate.file, ": ", parts...));
  };
  if (certificate.not_after < now) {
    warn("the certificate expired on ", UtcText(certificate.not_after),
         ": clients refuse it, so renew it");
  } else if (certificate.not_after - now < kSoon) {
    warn("the certificate expires on ", UtcText(certificate.not_after), ": renew it");
  }
  if (now < certificate.not_before) {
    warn("the certificate is valid from ", UtcText(certificate.not_before),
         " on: until then clients refuse it");
  }
  if (certificate.chain_is_broken) {
    warn(
        "a certificate in it is not issued by the one behind it: write the site's own first, then "
        "its issuer's, and so on");
  }
  if (certificate.key_readable_by_others) {
    warnings.push_back(Concat(certificate.key_file,
                              ": others than its owner may read the private key: chmod 600 ",
                              certificate.key_file));
  }
  return warnings;
}

}  // namespace stile
