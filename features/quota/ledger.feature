Feature: The ledger
  Every message and every won is booked twice, from one account to another,
  so that nothing is lost and everything can be proved afterwards.

  Background:
    Given a shop that pushes to iPhones and Android phones
    And Minsu's iPhone receives pushes
    And a push costs the shop 6.5 KRW

  Scenario: A message that is sent is paid from the credit
    Given the shop has paid in 100 KRW in advance
    When the shop sends "Summer sale" to Minsu's iPhone
    And "Summer sale" becomes sent
    Then the credit of the shop is 93.5 KRW
    And the books show
      | what    | messages | from   | to      | KRW |
      | top_up  | 0        | cash   | credit  | 100 |
      | reserve | 1        | credit | held    | 6.5 |
      | settle  | 1        | held   | revenue | 6.5 |

  Scenario: A message that could not be delivered is not paid
    Given the shop has paid in 100 KRW in advance
    And Minsu's iPhone was uninstalled
    When the shop sends "Summer sale" to Minsu's iPhone
    And "Summer sale" becomes failed
    Then the credit of the shop is 100 KRW
    And the books show
      | what    | messages | from   | to     | KRW |
      | top_up  | 0        | cash   | credit | 100 |
      | reserve | 1        | credit | held   | 6.5 |
      | release | 1        | held   | credit | 6.5 |

  Scenario: Money for a scheduled message is held, and comes back when it is canceled
    Given the shop has paid in 100 KRW in advance
    And the shop has scheduled "Good morning" for Minsu's iPhone in 2 hours
    Then the credit of the shop is 93.5 KRW
    When the shop cancels "Good morning"
    Then the credit of the shop is 100 KRW

  Scenario: What the credit does not cover is not sent
    Given the shop has paid in 6 KRW in advance
    When the shop sends "Summer sale" to Minsu's iPhone
    Then this is refused, because the credit does not cover it
    And the credit of the shop is 6 KRW

  Scenario: A shop that pays afterwards sends without credit
    Given the shop pays afterwards
    When the shop sends "Summer sale" to Minsu's iPhone
    And "Summer sale" becomes sent
    Then the books show
      | what    | messages | from       | to      | KRW |
      | reserve | 1        | receivable | held    | 6.5 |
      | settle  | 1        | held       | revenue | 6.5 |

  Scenario: A payment that is reported twice is booked once
    Given the shop pays in advance
    When payment "P-2026-17" of 5000 KRW arrives
    And payment "P-2026-17" of 5000 KRW arrives
    Then the credit of the shop is 5000 KRW

  Scenario: A payment's number cannot stand for another amount
    Given the shop pays in advance
    When payment "P-2026-17" of 5000 KRW arrives
    And payment "P-2026-17" of 9000 KRW arrives
    Then this is refused, because it was used for another request
    And the credit of the shop is 5000 KRW

  Scenario: A new price is for new messages
    Given the shop has paid in 100 KRW in advance
    And the shop has scheduled "Good morning" for Minsu's iPhone in 2 hours
    When a push costs the shop 50 KRW
    And 2 hours have passed
    And "Good morning" becomes sent
    Then the credit of the shop is 93.5 KRW

  Scenario: Whatever became of the messages, the books balance
    Given the shop has paid in 1000 KRW in advance
    And Jiyoung's iPhone receives pushes
    And Jiyoung's iPhone was uninstalled
    And Yuna's iPhone receives pushes
    And Apple is busy at the first attempt for Yuna's iPhone
    And the shop has scheduled "Later" for Minsu's iPhone in 2 hours
    And the shop has scheduled "Never" for Minsu's iPhone in 2 hours
    When the shop sends "Sent" to Minsu's iPhone
    And the shop sends "Failed" to Jiyoung's iPhone
    And the shop sends "Tried twice" to Yuna's iPhone
    And the shop cancels "Never"
    And "Sent" becomes sent
    And "Failed" becomes failed
    And "Tried twice" becomes sent
    Then the books balance with 5 messages accepted, 2 paid, 2 given back and 1 open
    And the credit of the shop is 980.5 KRW
