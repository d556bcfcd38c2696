// What Swift can not say: see the functions' comments for why each is here.
#ifndef CSTARLING_H
#define CSTARLING_H
#endif
