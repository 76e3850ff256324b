Feature: Retries and dead tokens
  A provider in trouble is asked again, later and later, but not for ever.
  A phone that no longer takes pushes is left alone until its app registers again.
  A provider's word about our own mistakes never costs anybody their subscription.

  Background:
    Given a shop that pushes to iPhones and Android phones
    And Minsu's iPhone receives pushes

  Scenario: A provider in trouble is asked again
    Given Apple answers the first attempt for Minsu's iPhone with "ServiceUnavailable"
    When the shop sends "Your parcel is on its way" to Minsu's iPhone
    Then "Your parcel is on its way" becomes sent
    And Apple was asked 2 times to deliver "Your parcel is on its way"
    And the history of "Your parcel is on its way" reads: accepted, attempt failed, sent

  Scenario: After six attempts we give up
    Given Apple answers every attempt for Minsu's iPhone with "ServiceUnavailable"
    When the shop sends "Your parcel is on its way" to Minsu's iPhone
    And every wait between the attempts has passed
    Then "Your parcel is on its way" fails because of "ServiceUnavailable"
    And Apple was asked 6 times to deliver "Your parcel is on its way"
    And the waits before the next attempt were at most
      | after attempt | seconds |
      | 1             | 2       |
      | 2             | 4       |
      | 3             | 8       |
      | 4             | 16      |
      | 5             | 32      |

  Scenario: A provider that says when to come back is taken at its word
    Given Apple answers every attempt for Minsu's iPhone with "ServiceUnavailable" and asks for a pause of 2 minutes
    When the shop sends "Your parcel is on its way" to Minsu's iPhone
    Then "Your parcel is on its way" becomes waiting for another attempt
    And the next attempt at "Your parcel is on its way" is at least 2 minutes away

  Scenario: No attempt is made after the message has expired
    Given Apple answers every attempt for Minsu's iPhone with "ServiceUnavailable" and asks for a pause of 2 minutes
    When the shop sends "Your code is 1042", good for 1 minute, to Minsu's iPhone
    Then "Your code is 1042" fails because of "ServiceUnavailable"
    And Apple was asked 1 time to deliver "Your code is 1042"

  Scenario: An operator does not have to wait for the next attempt
    Given Apple answers the first attempt for Minsu's iPhone with "ServiceUnavailable" and asks for a pause of 2 minutes
    And the shop has sent "Your parcel is on its way" to Minsu's iPhone
    When "Your parcel is on its way" waits for another attempt
    And an operator sends "Your parcel is on its way" again
    Then "Your parcel is on its way" becomes sent
    And the history of "Your parcel is on its way" reads: accepted, attempt failed, sent again by hand, sent

  Scenario: When an answer is lost, the repetition replaces the first push on the screen
    Given Apple's answer to the first attempt for Minsu's iPhone is lost
    When the shop sends "Your parcel is on its way" to Minsu's iPhone
    Then "Your parcel is on its way" becomes sent
    And Apple was asked 2 times to deliver "Your parcel is on its way"
    And Minsu's iPhone shows "Your parcel is on its way" once

  Scenario: What the answers of Apple and Google mean for the message and for the phone
    Then a push has these consequences
      | phone         | answer of the provider | message                     | phone is afterwards |
      | iPhone        | Unregistered           | failed                      | unsubscribed (-10)  |
      | iPhone        | ExpiredToken           | failed                      | unsubscribed (-10)  |
      | Android phone | UNREGISTERED           | failed                      | unsubscribed (-10)  |
      | iPhone        | PayloadTooLarge        | failed                      | subscribed          |
      | iPhone        | BadCollapseId          | failed                      | subscribed          |
      | iPhone        | DeviceTokenNotForTopic | failed                      | subscribed          |
      | Android phone | INVALID_ARGUMENT       | failed                      | subscribed          |
      | iPhone        | TooManyRequests        | waiting for another attempt | subscribed          |
      | iPhone        | InternalServerError    | waiting for another attempt | subscribed          |
      | iPhone        | Shutdown               | waiting for another attempt | subscribed          |
      | Android phone | UNAVAILABLE            | waiting for another attempt | subscribed          |
      | Android phone | INTERNAL               | waiting for another attempt | subscribed          |
      | Android phone | QUOTA_EXCEEDED         | waiting for another attempt | subscribed          |

  Scenario Outline: A token of another app or environment is held against the phone only after a while
    A mistake in the shop's set-up would look the same, so we wait whether many phones are concerned.

    Given Jiyoung's <phone> receives pushes
    And <provider> answers every attempt for Jiyoung's <phone> with "<answer>"
    When the shop sends "Your parcel is on its way" to Jiyoung's <phone>
    Then "Your parcel is on its way" becomes failed
    And Jiyoung's <phone> is subscribed
    When 1 minute has passed
    Then Jiyoung's <phone> is <subscription>

    Examples:
      | phone         | provider | answer             | subscription       |
      | iPhone        | Apple    | BadDeviceToken     | unsubscribed (-10) |
      | Android phone | Google   | SENDER_ID_MISMATCH | unsubscribed (-6)  |

  Scenario: When many phones seem to be wrong at once, it is the shop's set-up that is wrong
    Given 12 iPhones that receive pushes
    And Apple answers every attempt for all those iPhones with "BadDeviceToken"
    When the shop sends "Summer sale" to all those iPhones
    Then "Summer sale" becomes failed
    And the shop's iPhone channel gets paused because of "mass_token_damage"
    And the operators are alerted of "mass_token_damage"
    When 1 minute has passed
    Then all those iPhones are subscribed

  Scenario: Nothing more is sent to a phone that is gone
    Given Apple answers every attempt for Minsu's iPhone with "Unregistered"
    And the shop has sent "Your parcel is on its way" to Minsu's iPhone
    When Minsu's iPhone gets unsubscribed (-10)
    And the shop sends "Your parcel has arrived" to Minsu's iPhone
    Then "Your parcel has arrived" fails because of "unsubscribed"
    And nobody was asked to deliver "Your parcel has arrived"

  Scenario: An app that registers again gets its pushes again
    Given Apple answers every attempt for Minsu's iPhone with "Unregistered"
    And the shop has sent "Your parcel is on its way" to Minsu's iPhone
    When Minsu's iPhone gets unsubscribed (-10)
    And the app on Minsu's iPhone registers with a new token
    And the shop sends "Your parcel has arrived" to Minsu's iPhone
    Then "Your parcel has arrived" becomes sent

  Scenario: A verdict that is older than the registration does not count
    Given Apple answers every attempt for Minsu's iPhone with "Unregistered" as of an hour ago
    When the shop sends "Your parcel is on its way" to Minsu's iPhone
    Then "Your parcel is on its way" becomes failed
    And Minsu's iPhone is subscribed
