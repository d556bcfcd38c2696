// What small processors are usually rated with: lists, matrices, a state machine and checksums, in cache.
#include "programs.h"
#include <stddef.h>

enum { NODES = 256, SIDE = 24, TEXT = 512 };

struct node {
    struct node *next;
    int16_t key;
    int16_t value;
};

static uint16_t crc16(uint16_t crc, uint32_t word) {
    for (int bit = 0; bit < 32; bit++) {
        uint16_t mix = (crc ^ (word >> bit)) & 1;
        crc = (uint16_t)((crc >> 1) ^ (mix ? 0xA001 : 0));
    }
    return crc;
}

static struct node *merge(struct node *a, struct node *b, int by_key) {
    struct node head = {NULL, 0, 0}, *tail = &head;
    while (a && b) {
        int a_first = by_key ? a->key <= b->key : a->value <= b->value;
        struct node **from = a_first ? &a : &b;
        tail = tail->next = *from;
        *from = (*from)->next;
    }
    tail->next = a ? a : b;
    return head.next;
}

static struct node *merge_sort(struct node *list, int by_key) {
    if (!list || !list->next) return list;
    struct node *slow = list, *fast = list->next;
    while (fast && fast->next) {
        slow = slow->next;
        fast = fast->next->next;
    }
    struct node *second = slow->next;
    slow->next = NULL;
    return merge(merge_sort(list, by_key), merge_sort(second, by_key), by_key);
}

static uint32_t list_part(uint64_t *random) {
    static struct node nodes[NODES];
    for (int i = 0; i < NODES; i++) {
        uint64_t x = next_random(random);
        nodes[i] = (struct node){i + 1 < NODES ? &nodes[i + 1] : NULL, (int16_t)x, (int16_t)(x >> 16)};
    }
    uint32_t sum = 0;
    struct node *list = merge_sort(nodes, 1);
    for (struct node *n = list; n; n = n->next) sum = sum * 31 + (uint16_t)n->value;
    list = merge_sort(list, 0);
    for (struct node *n = list; n; n = n->next) sum = sum * 31 + (uint16_t)n->key;
    return sum;
}

static uint32_t matrix_part(uint64_t *random) {
    static int16_t a[SIDE][SIDE], b[SIDE][SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
        a[i / SIDE][i % SIDE] = (int16_t)(next_random(random) & 255);
        b[i / SIDE][i % SIDE] = (int16_t)(next_random(random) & 255);
    }
    uint32_t sum = 0;
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            int32_t cell = 0;
            for (int k = 0; k < SIDE; k++) cell += a[i][k] * b[k][j];
            sum += (uint32_t)((cell >> 2) & 15) * (uint32_t)(cell >> 5);
        }
    }
    return sum;
}

enum state { START, SIGN, INTEGER, FRACTION, EXPONENT, WRONG, STATES };

static enum state step(enum state state, char c) {
    int digit = c >= '0' && c <= '9';
    switch (state) {
    case START: return digit ? INTEGER : c == '-' || c == '+' ? SIGN : c == '.' ? FRACTION : WRONG;
    case SIGN: return digit ? INTEGER : c == '.' ? FRACTION : WRONG;
    case INTEGER: return digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : WRONG;
    case FRACTION: return digit ? FRACTION : c == 'e' ? EXPONENT : WRONG;
    case EXPONENT: return digit || c == '-' ? EXPONENT : WRONG;
    default: return WRONG;
    }
}

static uint32_t state_part(uint64_t *random) {
    static const char alphabet[] = "0123456789.e-+,x,,";
    char text[TEXT];
    for (int i = 0; i < TEXT; i++) text[i] = alphabet[next_random(random) % (sizeof alphabet - 1)];
    uint32_t finals[STATES] = {0}, sum = 0;
    enum state state = START;
    for (int i = 0; i < TEXT; i++) {
        if (text[i] == ',') {
            finals[state]++;
            state = START;
        } else {
            state = step(state, text[i]);
        }
    }
    for (int i = 0; i < STATES; i++) sum = sum * 131 + finals[i];
    return sum;
}

uint64_t core_mix(long amount) {
    uint64_t random = 88172645463325252u;
    uint16_t crc = 0xFFFF;
    for (long i = 0; i < amount; i++) {
        crc = crc16(crc, list_part(&random));
        crc = crc16(crc, matrix_part(&random));
        crc = crc16(crc, state_part(&random));
    }
    return crc;
}
