# Plain Python, no modules: calls, objects, lists, dictionaries, strings and big integers.
import sys


class Account:
    def __init__(self, owner, balance):
        self.owner, self.balance = owner, balance

    def move(self, amount, other):
        self.balance -= amount
        other.balance += amount


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def bank(moves):
    accounts = [Account("owner%d" % i, 1000) for i in range(50)]
    for i in range(moves):
        accounts[i % 50].move(i * 7 % 13, accounts[i * 31 % 50])
    return sum(account.balance * i for i, account in enumerate(accounts))


def words(count):
    found = {}
    for i in range(count):
        word = "key%d" % (i * i % 1009)
        found[word] = found.get(word, 0) + len(word)
    return max(sorted(found), key=found.get)


def primes(limit):
    sieve = [True] * limit
    for i in range(2, int(limit ** 0.5) + 1):
        if sieve[i]:
            for j in range(i * i, limit, i):
                sieve[j] = False
    return sum(sieve) - 2


for round in range(int(sys.argv[1])):
    print(fibonacci(15), bank(3000), words(2000), primes(5000), pow(7, 1000 + round, 10 ** 50 + 151))
