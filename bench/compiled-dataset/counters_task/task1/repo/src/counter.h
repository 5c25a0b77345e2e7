#ifndef COUNTER_H
#define COUNTER_H

/* Counts up from zero. */
struct counter {
  int value;
};

void counter_add(struct counter *counter, int amount);

int counter_get(const struct counter *counter);

#endif
