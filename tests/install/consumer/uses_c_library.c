#include <stdio.h>
#include <stile.h>

int main(void) {
  if (stile_abi_version() != STILE_ABI_VERSION) return 1;
  printf("stile %s, ABI %u\n", stile_version(), (unsigned)stile_abi_version());
  return 0;
}
