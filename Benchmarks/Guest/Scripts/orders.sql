-- Fills tables, joins and sums them; the number of rows is the parameter :rows.
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer INTEGER, amount INTEGER, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO customer SELECT i, 'name' || i, 'city' || (i * 37 % 41) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
INSERT INTO purchase SELECT i, i * 7919 % 500 + 1, i * 31 % 997, 'note ' || (i * 13 % 101) FROM n;
CREATE INDEX purchase_customer ON purchase (customer, amount);
SELECT city, count(*), sum(amount) FROM purchase JOIN customer ON customer.id = customer
GROUP BY city ORDER BY 3 DESC, 1 LIMIT 5;
SELECT note, max(amount), total(amount * amount) FROM purchase WHERE note LIKE '%1' GROUP BY note ORDER BY note;
UPDATE purchase SET amount = amount + 1 WHERE customer % 3 = 0;
SELECT sum(amount), count(DISTINCT note) FROM purchase WHERE amount BETWEEN 100 AND 700;
