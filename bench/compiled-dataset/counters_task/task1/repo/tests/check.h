#ifndef CHECK_H
#define CHECK_H

/* Registers a test before main begins. */
void check_add(const char *name, int (*run)(void));

#define TEST(name)                                             \
  static int name(void);                                       \
  __attribute__((constructor)) static void add_##name(void)    \
  {                                                            \
    check_add(#name, name);                                    \
  }                                                            \
  static int name(void)

#endif
