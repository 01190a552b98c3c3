#ifndef STILE_TOOL_ANUBIS_IMPORT_ANUBIS_H_
#define STILE_TOOL_ANUBIS_IMPORT_ANUBIS_H_

#include <string>

namespace stile {

struct ImportAnubisOptions {
  std::string file;    // Anubis' policy, in YAML or JSON.
  std::string output;  // Where the policy goes; empty: stdout. Not over a file that is there.
  std::string data;    // The folder behind "(data)/..."; empty: none is at hand.
};

// Makes a policy file of Anubis' policy, and says on stderr, line by line, what it could not take
// over and what means something else now. Returns the exit status: 0 if all was converted, 1 if
// something was not, 2 if the file can't be read or the output not be written.
[[nodiscard]] int RunImportAnubis(const ImportAnubisOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_ANUBIS_IMPORT_ANUBIS_H_
